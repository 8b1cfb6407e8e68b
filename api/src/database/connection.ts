import { type Driver, Kysely, PostgresDialect, type Transaction as KyselyTransaction } from 'kysely';
import pg from 'pg';
import { ConnectError, errorCode, isLostConnection, POOL_OVERLOADED } from './errors.ts';
import { type Beginnings, beginnings, type Habits, PooledConnection } from './pooled-connection.ts';
import type { SecretPassword } from './secret-password.ts';
import { APPLICATION, clientWith, isPoolerRefusal, type SessionLimits } from './session.ts';
import type { DB } from './types.ts';

/** The pool: reads, and the start of transactions. */
export type Database = Kysely<DB>;
/** An open transaction. A function that locks rows takes this, so that a lock outside of one does not compile. */
export type Transaction = KyselyTransaction<DB>;

export interface ConnectionOptions {
  /** Where the database is; throws an outage while that is not known yet (the embedded one is still starting). */
  url: () => string;
  /** Where the password is kept elsewhere than in the address. */
  password?: SecretPassword;
  /** Most connections open at a time. */
  poolSize: number;
  /** Most requests that may wait for a connection; one more is refused at once. */
  maxWaiting: number;
  /** Longest a request waits for a connection. */
  acquireTimeoutMs: number;
  /** Whether connections are sessions of the database, on which settings and prepared statements stay. Through PgBouncer they are not. */
  ownSessions?: boolean;
  /** Longest one statement runs; a transaction that idles, or waits for a row lock, has the same bound. */
  statementTimeoutMs: number;
  /** Told of errors of idle connections, which have no request to fail. */
  onIdleError: (error: Error) => void;
  /** Told whenever a connection comes back, or none could be had: of the outage, if there was one. */
  onReturn: (outage: unknown) => void;
}

/** Too many requests wait for a connection, or this one has waited too long: it says nothing about the database. */
class PoolOverloadedError extends Error {
  readonly code = POOL_OVERLOADED;
}

// Dates are exchanged in milliseconds (columns are timestamptz(3)); bigint identities stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * Opens the pool. Nothing connects until the first query. No session state, and no named statements where they might get lost, so that
 * it works through PgBouncer in transaction mode.
 */
export function openDatabase(options: ConnectionOptions): Database {
  const driver = new PooledDriver(options);
  // Only for its query compiler and adapter; it never sees the pool.
  const dialect = new PostgresDialect({ pool: async () => Promise.reject(new Error('unused')) });
  dialect.createDriver = () => driver;
  const db = new Kysely<DB>({ dialect });
  drivers.set(db, driver);
  return db;
}

const drivers = new WeakMap<Database, PooledDriver>();

/** How many connections are open, how many of those do nothing, and how many requests wait for one. */
export function poolUse(db: Database): { open: number; idle: number; waiting: number } {
  return drivers.get(db)?.use ?? { open: 0, idle: 0, waiting: 0 };
}

function openPool(options: ConnectionOptions, Client: typeof pg.Client): pg.Pool {
  const pool = new pg.Pool({
    Client,
    connectionString: options.url(),
    max: options.poolSize,
    connectionTimeoutMillis: options.acquireTimeoutMs,
    idleTimeoutMillis: 30_000,
    // The server's own time-outs are set per transaction; this one is for a server that no longer answers at all.
    query_timeout: options.statementTimeoutMs + 2_000,
    keepAlive: true,
    application_name: APPLICATION,
  });
  pool.on('error', options.onIdleError);
  // The pool does not listen to a connection that is in use. One that breaks between two statements of a transaction fails
  // the next statement; unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/**
 * Kysely's own PostgreSQL driver, with three things of ours: limits that travel inside each transaction (session settings do not
 * survive PgBouncer), a connection that failed by an outage is closed, not reused, and statements of a transaction that do not wait
 * for each other travel together.
 */
class PooledDriver implements Driver {
  readonly #options: ConnectionOptions;
  readonly #limits: SessionLimits;
  readonly #habits: Habits;
  #opened: pg.Pool | undefined;
  #begin: Beginnings;
  /** When each connection was made, and before when one must have been made to be used no more. */
  readonly #madeAt = new WeakMap<pg.PoolClient, number>();
  #staleBefore = Number.NEGATIVE_INFINITY;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    const ms = options.statementTimeoutMs;
    this.#limits = {
      statement_timeout: ms,
      lock_timeout: Math.ceil(ms / 2),
      idle_in_transaction_session_timeout: ms * 2,
    };
    const ownSessions = options.ownSessions ?? false;
    this.#habits = { ownSessions, keepPrepared: ownSessions };
    this.#begin = beginnings(this.#limits, ownSessions);
  }

  get #pool(): pg.Pool {
    if (this.#opened) return this.#opened;
    const pool = openPool(
      this.#options,
      clientWith(this.#limits, () => this.#habits.ownSessions, this.#options.password?.read),
    );
    pool.on('connect', (client) => this.#madeAt.set(client, performance.now()));
    return (this.#opened = pool);
  }

  get use() {
    const { totalCount = 0, idleCount = 0, waitingCount = 0 } = this.#opened ?? {};
    return { open: totalCount, idle: idleCount, waiting: waitingCount };
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    const client = await this.#connect();
    return new PooledConnection(client, this.#begin, this.#habits, async (lost, error) => {
      this.#giveBack(lost, error);
      return this.#connect();
    });
  }

  /** @param afterRefusal whether the password was refused a moment ago, and this is the try with a newer one */
  async #connect(afterRefusal = false): Promise<pg.PoolClient> {
    const pool = this.#pool;
    if (pool.waitingCount >= this.#options.maxWaiting) {
      throw new PoolOverloadedError('too many requests wait for a database connection');
    }
    const tried = this.#options.password?.known();
    try {
      let client = await pool.connect();
      while (this.#isStale(client)) {
        client.release(true);
        client = await pool.connect();
      }
      return client;
    } catch (error) {
      if (this.#habits.ownSessions && isPoolerRefusal(error)) {
        // There is a PgBouncer that we were not told of.
        this.#habits.ownSessions = this.#habits.keepPrepared = false;
        this.#begin = beginnings(this.#limits, false);
        return this.#connect();
      }
      if (errorCode(error) === WRONG_PASSWORD && this.#options.password && !afterRefusal) {
        this.#options.password.refused(tried);
        return this.#connect(true);
      }
      if (isBusy(error)) throw new PoolOverloadedError('waited too long for a database connection');
      this.#options.onReturn(error);
      throw new ConnectError(error);
    }
  }

  #isStale(client: pg.PoolClient): boolean {
    return this.#madeAt.get(client)! < this.#staleBefore;
  }

  async beginTransaction(connection: PooledConnection): Promise<void> {
    connection.begin();
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    await connection.commit();
  }

  async rollbackTransaction(connection: PooledConnection): Promise<void> {
    await connection.rollback();
  }

  async releaseConnection(connection: PooledConnection): Promise<void> {
    if (connection.failedOutside) await connection.rollback();
    if (connection.client) this.#giveBack(connection.client, connection.broken);
  }

  /** @param outage why it cannot be used any more */
  #giveBack(client: pg.PoolClient, outage: unknown): void {
    // Whoever closed one has closed the others too, or they have what a database no longer is: open for writing.
    if (isLostConnection(outage) || errorCode(outage) === READ_ONLY) this.#staleBefore = performance.now();
    client.release(Boolean(outage) || this.#isStale(client));
    this.#options.onReturn(outage);
  }

  async destroy(): Promise<void> {
    await this.#pool.end();
  }
}

const READ_ONLY = '25006';
const WRONG_PASSWORD = '28P01';
/** In the words of pg-pool. */
const isBusy = (error: unknown) => error instanceof Error && error.message.startsWith('timeout exceeded');
