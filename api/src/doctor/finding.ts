/** What the doctor can find, with what its words need. */
export interface FindingValues {
  unreachable: { error: string };
  'service-unreachable': { error: string };
  'service-not-ready': { status: number; error: string };
  'clock-differs-from-service': { seconds: number };
  'old-postgres': { version: string };
  'not-utf8': { encoding: string };
  'migrations-missing': { names: string };
  'migrations-unknown': { names: string };
  'rights-missing': Record<never, never>;
  'read-only': Record<never, never>;
  'not-durable': { setting: string; value: string };
  'slow-wal-compression': Record<never, never>;
  'autovacuum-off': Record<never, never>;
  'few-connections': { free: number };
  'clock-differs': { seconds: number };
  'old-transaction': { pid: number; application: string; minutes: number };
  'prepared-transaction': { gid: string; minutes: number };
  'blocked-session': { pid: number; blockedBy: string; seconds: number };
  'transaction-ids': { age: number };
  'inactive-slot': { name: string; megabytes: number };
  'invalid-index': { name: string };
  'locks-not-swept': { count: number; minutes: number };
  'counts-not-folded': { rows: number };
  'jobs-not-run': { count: number; minutes: number };
  'jobs-failed': { count: number };
  'relay-stopped': { relay: string };
  'webhooks-failing': { count: number };
  'no-admin': Record<never, never>;
  'initial-password': { email: string };
  'email-clashes': { count: number };
  'old-signing-key': { days: number };
  'broken-counter': { bookId: string; count: number; example: string };
  'broken-counts': { bookId: string; count: number; example: string };
  'broken-redemptions': { bookId: string; count: number; example: string };
  'broken-trail': { bookId: string; count: number; example: string };
  'more-broken-books': { count: number };
}

export type FindingReason = keyof FindingValues;

/** `error`: requests fail, or data are not as they must be. `warning`: will hurt, or hurts already. `notice`: worth knowing. */
export type Severity = 'error' | 'warning' | 'notice';

export interface Finding<R extends FindingReason = FindingReason> {
  severity: Severity;
  reason: R;
  values: FindingValues[R];
  /** In English: what was found. */
  detail: string;
  /** In English: what to do. */
  advice: string;
  /** SQL that does it, for who has looked first. */
  run: string[];
}

type Words = {
  [R in FindingReason]: {
    severity: Severity;
    detail: (values: FindingValues[R]) => string;
    advice: string;
    run?: (values: FindingValues[R]) => string[];
  };
};

const set = (setting: string, value: string) => [
  `ALTER SYSTEM SET ${setting} = ${value};`,
  'SELECT pg_reload_conf();',
];
const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;

const BROKEN_DATA =
  'Stop giving coupons of this book (archive it), keep a back-up of the database as it is, and report it: the service never writes such data.';

/** One place for what each finding means. */
const WORDS: Words = {
  unreachable: {
    severity: 'error',
    detail: ({ error }) => `The database cannot be reached: ${error}.`,
    advice: 'Check DATABASE_URL, whether PostgreSQL runs, and whether this machine may connect to it.',
  },
  'service-unreachable': {
    severity: 'error',
    detail: ({ error }) => `The service does not answer: ${error}.`,
    advice: 'Check the address, the load balancer, and whether the process runs; see its log.',
  },
  'service-not-ready': {
    severity: 'error',
    detail: ({ status, error }) => `The service answers ${status}: ${error}`,
    advice: 'See its log, and run npm run doctor with its database.',
  },
  'clock-differs-from-service': {
    severity: 'warning',
    detail: ({ seconds }) => `The clock of the service and the clock of this machine differ by ${seconds} s.`,
    advice: 'Let both follow a time server.',
  },
  'old-postgres': {
    severity: 'error',
    detail: ({ version }) => `PostgreSQL ${version} is older than 15.`,
    advice: 'Upgrade PostgreSQL.',
  },
  'not-utf8': {
    severity: 'error',
    detail: ({ encoding }) => `The database has the encoding ${encoding}.`,
    advice: 'Make a database with the encoding UTF8, and restore a dump into it.',
  },
  'migrations-missing': {
    severity: 'error',
    detail: ({ names }) => `These migrations have not been applied: ${names}.`,
    advice: 'Start this version of the service once; it applies them. See its log when it does not.',
  },
  'migrations-unknown': {
    severity: 'warning',
    detail: ({ names }) => `The database has migrations that this version does not know: ${names}.`,
    advice: 'Run the version of the service that applied them, or a newer one.',
  },
  'rights-missing': {
    severity: 'error',
    detail: () => 'The database role of the service lacks rights.',
    advice: 'Let the owner of the database run these statements.',
  },
  'read-only': {
    severity: 'error',
    detail: () => 'The database takes no changes: it is a standby, or read-only by a setting.',
    advice: 'Point DATABASE_URL at the primary, or take default_transaction_read_only back.',
  },
  'not-durable': {
    severity: 'error',
    detail: ({ setting, value }) =>
      `${setting} is ${value}: after a crash, acknowledged changes may be lost.`,
    advice: 'Set it to on.',
  },
  'slow-wal-compression': {
    severity: 'warning',
    detail: () => 'wal_compression is pglz, which doubles the CPU of an assignment.',
    advice: 'Set wal_compression to off or lz4.',
    run: () => set('wal_compression', 'off'),
  },
  'autovacuum-off': {
    severity: 'error',
    detail: () => 'Autovacuum is off: tables grow, and in the end PostgreSQL stops taking changes.',
    advice: 'Set autovacuum to on.',
    run: () => set('autovacuum', 'on'),
  },
  'few-connections': {
    severity: 'warning',
    detail: ({ free }) => `Only ${free} more connections are possible.`,
    advice: 'Raise max_connections, lower DATABASE_POOL_SIZE, or put PgBouncer between.',
  },
  'clock-differs': {
    severity: 'warning',
    detail: ({ seconds }) =>
      `The clock of this machine and the clock of the database differ by ${seconds} s.`,
    advice:
      'Let both follow a time server. Rules and tokens follow the clock of the database; logs and traces follow this one.',
  },
  'old-transaction': {
    severity: 'warning',
    detail: ({ pid, application, minutes }) =>
      `A transaction of ${application || 'an unnamed program'} (process ${pid}) has been open for ${minutes} min.`,
    advice: 'Vacuum cannot clean up behind it. Find out what it does (pg_stat_activity), or end it.',
    run: ({ pid }) => [`SELECT pg_terminate_backend(${pid});`],
  },
  'prepared-transaction': {
    severity: 'warning',
    detail: ({ gid, minutes }) => `The prepared transaction ${gid} has waited for ${minutes} min.`,
    advice:
      'It holds its locks until it is finished, even over a restart. COMMIT PREPARED makes it last; otherwise end it.',
    run: ({ gid }) => [`ROLLBACK PREPARED ${literal(gid)};`],
  },
  'blocked-session': {
    severity: 'warning',
    detail: ({ pid, blockedBy, seconds }) =>
      `Process ${pid} has waited ${seconds} s for a lock of process ${blockedBy}.`,
    advice: 'Find out what the other one does (pg_stat_activity), or end it.',
    run: ({ blockedBy }) => blockedBy.split(', ').map((pid) => `SELECT pg_terminate_backend(${pid});`),
  },
  'transaction-ids': {
    severity: 'error',
    detail: ({ age }) =>
      `The oldest transaction id is ${age} transactions old; at 2 billion PostgreSQL stops taking changes.`,
    advice: 'Look for old transactions and replication slots first: they keep vacuum from helping.',
    run: () => ['VACUUM (FREEZE);'],
  },
  'inactive-slot': {
    severity: 'warning',
    detail: ({ name, megabytes }) =>
      `Nobody reads the replication slot ${name}; it keeps ${megabytes} MB of WAL.`,
    advice: 'Bring its reader back, or drop it before the disk is full.',
    run: ({ name }) => [`SELECT pg_drop_replication_slot(${literal(name)});`],
  },
  'invalid-index': {
    severity: 'error',
    detail: ({ name }) => `The index ${name} is invalid.`,
    advice: 'Build it again.',
    run: ({ name }) => [`REINDEX INDEX CONCURRENTLY ${name};`],
  },
  'locks-not-swept': {
    severity: 'warning',
    detail: ({ count, minutes }) =>
      `${count} locks ran out and were not noted; the oldest ${minutes} min ago.`,
    advice:
      'No process sweeps. Run a monolith or a worker with SWEEP_SECONDS above 0. Coupons are free all the same.',
  },
  'counts-not-folded': {
    severity: 'warning',
    detail: ({ rows }) => `${rows} changes of counts were not added up.`,
    advice:
      'No process does the chores. Run a monolith or a worker with SWEEP_SECONDS above 0. Counts are right, but slow to read.',
  },
  'jobs-not-run': {
    severity: 'warning',
    detail: ({ count, minutes }) => `${count} jobs wait; the oldest for ${minutes} min.`,
    advice: 'Run a process with JOB_CONCURRENCY above 0, or wait until the jobs before them end.',
  },
  'jobs-failed': {
    severity: 'notice',
    detail: ({ count }) => `${count} jobs failed in the last 24 hours.`,
    advice: 'See why on the page Jobs.',
  },
  'relay-stopped': {
    severity: 'error',
    detail: ({ relay }) =>
      `Events no longer leave to ${relay}: the database does not know which were sent (a backup was restored).`,
    advice:
      'Decide from when on events are to be sent again, and POST that to /api/v1/relays/{name}/resume as { "from": "2026-12-24T18:00:00Z" }.',
  },
  'webhooks-failing': {
    severity: 'warning',
    detail: ({ count }) => `${count} webhooks fail, or were switched off because they failed.`,
    advice:
      'See GET /api/v1/webhooks and their deliveries; when the endpoint works again, switch it on and replay.',
  },
  'no-admin': {
    severity: 'error',
    detail: () => 'No enabled account is an administrator.',
    advice: 'Run npm run reset-admin, or start the service: it makes the first one.',
  },
  'initial-password': {
    severity: 'warning',
    detail: ({ email }) => `The administrator ${email} still has the initial password.`,
    advice: 'Sign in and change it.',
  },
  'email-clashes': {
    severity: 'notice',
    detail: ({ count }) => `${count} accounts have an e-mail that is another account's in today's spelling.`,
    advice: 'Disable the account of the two that should not be used: page Users, marked "clash".',
  },
  'old-signing-key': {
    severity: 'warning',
    detail: ({ days }) => `The key that signs access tokens is ${days} days old.`,
    advice: 'No process rotates keys. Run a monolith or a worker with SWEEP_SECONDS above 0.',
  },
  'broken-counter': {
    severity: 'error',
    detail: ({ bookId, count, example }) =>
      `Book ${bookId}: ${count} people have another number of coupons than is counted. ${example}`,
    advice: BROKEN_DATA,
  },
  'broken-counts': {
    severity: 'error',
    detail: ({ bookId, example }) => `Book ${bookId}: its counts are not those of its coupons. ${example}`,
    advice: BROKEN_DATA,
  },
  'broken-redemptions': {
    severity: 'error',
    detail: ({ bookId, count, example }) =>
      `Book ${bookId}: ${count} coupons have other redemptions than their history. ${example}`,
    advice: BROKEN_DATA,
  },
  'broken-trail': {
    severity: 'error',
    detail: ({ bookId, count, example }) =>
      `Book ${bookId}: ${count} coupons are not as their last event left them. ${example}`,
    advice: BROKEN_DATA,
  },
  'more-broken-books': {
    severity: 'error',
    detail: ({ count }) => `${count} more books have data that are not as they must be.`,
    advice: 'npm run doctor -- --data names them all.',
  },
};

/** A finding with its words. */
export function finding<R extends FindingReason>(
  reason: R,
  values: FindingValues[R],
  run?: string[],
): Finding<R> {
  const words = WORDS[reason] as Words[R];
  const { severity, detail, advice } = words;
  return { severity, reason, values, detail: detail(values), advice, run: run ?? words.run?.(values) ?? [] };
}

export const FINDING_REASONS = Object.keys(WORDS) as FindingReason[];
