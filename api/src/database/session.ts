import pg from 'pg';

/** How the connections of this version call themselves, and those of the versions that need the shape of before (see `reshape.ts`). */
export const APPLICATION = 'coupon-book 2';
export const OLD_APPLICATION = 'coupon-book';

/** What PgBouncer follows from client to server, so that it may be said when a connection is opened. */
const FOLLOWED = {
  // As the server writes them: PgBouncer compares the text.
  DateStyle: 'ISO, MDY',
  TimeZone: 'UTC',
  standard_conforming_strings: 'on',
};

/** What PgBouncer does not follow: said once where a connection is a session of the database, else in each transaction. */
export const RELIED_ON = {
  search_path: '"$user", public',
  array_nulls: 'on',
  bytea_output: 'hex',
};

/** What only sessions of our own need. */
const OWN_SESSION = {
  ...RELIED_ON,
  IntervalStyle: 'postgres',
  default_transaction_isolation: 'read committed',
  idle_session_timeout: '0',
};

/** In milliseconds; 0 is none. */
export interface SessionLimits {
  statement_timeout: number;
  lock_timeout: number;
  idle_in_transaction_session_timeout: number;
}

// Not in the types of `pg`.
interface Startup {
  getStartupConf: () => Record<string, string>;
}

/**
 * A client that says what we rely on when it connects: a role or a database can have other defaults (DateStyle, time-outs, …), and may
 * get them at any time.
 * @param readPassword where the password is kept elsewhere than in the address
 * @param isOwnSession whether the connection is a session of the database: PgBouncer refuses what it does not follow
 */
export function clientWith(
  limits: SessionLimits,
  isOwnSession: () => boolean,
  readPassword?: () => Promise<string>,
): typeof pg.Client {
  return class extends pg.Client {
    constructor(config?: string | pg.ClientConfig) {
      super(config);
      // Asked when the server wants one. One in the address would go first, if it were said with the rest.
      if (readPassword) Object.assign(this, { password: readPassword });
    }

    getStartupConf(): Record<string, string> {
      const { getStartupConf } = pg.Client.prototype as unknown as Startup;
      const own = isOwnSession() && {
        ...OWN_SESSION,
        ...Object.fromEntries(Object.entries(limits).map(([name, ms]) => [name, String(ms)])),
      };
      const startup = getStartupConf.call(this);
      const ours = Object.entries({ ...FOLLOWED, ...own });
      // What DATABASE_URL says in its `options` is meant for us.
      const unsaid = ours.filter(([name]) => !startup.options?.includes(`${name}=`));
      return { ...startup, ...Object.fromEntries(unsaid) };
    }
  };
}

/** A pooler stands between us and the database, and says so. */
export function isPoolerRefusal(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('unsupported startup parameter');
}
