import {
  AbortedTransactionError,
  CompiledQuery,
  type DatabaseConnection,
  type Driver,
  Kysely,
  PostgresDialect,
  type QueryResult,
  type Transaction as KyselyTransaction,
} from 'kysely';
import pg from 'pg';
import { isOutage } from './errors.ts';
import type { DB } from './types.ts';

/** The pool: reads, and the start of transactions. */
export type Database = Kysely<DB>;
/** An open transaction. A function that locks rows takes this, so that a lock outside of one does not compile. */
export type Transaction = KyselyTransaction<DB>;

export interface ConnectionOptions {
  /** Where the database is; throws an outage while that is not known yet (the embedded one is still starting). */
  url: () => string;
  /** Most connections open at a time. */
  poolSize: number;
  /** Most requests that may wait for a connection; one more is refused at once. */
  maxWaiting: number;
  /** Longest a request waits for a connection. */
  acquireTimeoutMs: number;
  /** Longest one statement runs; a transaction that idles, or waits for a row lock, has the same bound. */
  statementTimeoutMs: number;
  /** Told of errors of idle connections, which have no request to fail. */
  onIdleError: (error: Error) => void;
  /** Told whenever a connection comes back: whether the database answered on it until the end. */
  onReturn: (answered: boolean) => void;
}

/** Thrown without touching the database when too many requests wait for a connection. */
class PoolOverloadedError extends Error {
  readonly code = 'POOL_OVERLOADED';
}

// Dates are exchanged in milliseconds (columns are timestamptz(3)); bigint identities stay far below 2^53.
pg.types.setTypeParser(pg.types.builtins.INT8, Number);

/**
 * Opens the pool. Nothing connects until the first query. No session state and no named statements, so that it works
 * through PgBouncer in transaction mode.
 */
export function openDatabase(options: ConnectionOptions): Database {
  let pool: pg.Pool | undefined;
  const driver = new PooledDriver(options, () => (pool ??= openPool(options)));
  // Only for its query compiler and adapter; it never sees the pool.
  const dialect = new PostgresDialect({ pool: async () => Promise.reject(new Error('unused')) });
  dialect.createDriver = () => driver;
  return new Kysely<DB>({ dialect });
}

function openPool(options: ConnectionOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: options.url(),
    max: options.poolSize,
    connectionTimeoutMillis: options.acquireTimeoutMs,
    idleTimeoutMillis: 30_000,
    // The server's own time-outs are set per transaction; this one is for a server that no longer answers at all.
    query_timeout: options.statementTimeoutMs + 2_000,
    keepAlive: true,
    application_name: 'coupon-book',
  });
  pool.on('error', options.onIdleError);
  // The pool does not listen to a connection that is in use. One that breaks between two statements of a transaction fails
  // the next statement; unheard, it would end the process.
  pool.on('connect', (client) => client.on('error', () => undefined));
  pool.on('release', (broken) => options.onReturn(!broken));
  return pool;
}

/**
 * Kysely's own PostgreSQL driver, with two things of ours: limits that travel inside each transaction (one round trip with
 * BEGIN; session settings do not survive PgBouncer), and a connection that failed by an outage is closed, not reused.
 */
class PooledDriver implements Driver {
  readonly #pool: () => pg.Pool;
  readonly #maxWaiting: number;
  readonly #begin: CompiledQuery;

  constructor(options: ConnectionOptions, pool: () => pg.Pool) {
    this.#pool = pool;
    this.#maxWaiting = options.maxWaiting;
    const ms = options.statementTimeoutMs;
    this.#begin = CompiledQuery.raw(
      `begin isolation level read committed; set local statement_timeout = ${ms}; set local lock_timeout = ${Math.ceil(ms / 2)}; ` +
        `set local idle_in_transaction_session_timeout = ${ms * 2}`,
    );
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    const pool = this.#pool();
    if (pool.waitingCount >= this.#maxWaiting) {
      throw new PoolOverloadedError('too many requests wait for a database connection');
    }
    return new PooledConnection(await pool.connect());
  }

  async beginTransaction(connection: PooledConnection): Promise<void> {
    connection.inTransaction = true;
    await connection.executeQuery(this.#begin);
  }

  async commitTransaction(connection: PooledConnection): Promise<void> {
    // COMMIT of a transaction that an error has aborted "succeeds" with a ROLLBACK.
    if ((await connection.commit()) === 'ROLLBACK') throw new AbortedTransactionError();
  }

  async rollbackTransaction(connection: PooledConnection): Promise<void> {
    if (connection.broken) return;
    try {
      await connection.executeQuery(CompiledQuery.raw('rollback'));
    } catch {
      connection.broken = true; // closing it rolls back; the error worth reporting is the one before
    }
  }

  async releaseConnection(connection: PooledConnection): Promise<void> {
    if (connection.failedOutside) await this.rollbackTransaction(connection);
    connection.client.release(connection.broken);
  }

  async destroy(): Promise<void> {
    await this.#pool().end();
  }
}

/** A connection of the pool, for as long as one query or one transaction has it. */
export class PooledConnection implements DatabaseConnection {
  readonly client: pg.PoolClient;
  broken = false;
  inTransaction = false;
  /**
   * A statement outside of our transactions failed. It may have been several, with a BEGIN of their own (pg-boss sends such):
   * whoever got the connection next would be in that aborted transaction.
   */
  failedOutside = false;
  /** Longest to wait for the server's answer to a statement; undefined: as the pool says. */
  queryTimeoutMs: number | undefined;

  constructor(client: pg.PoolClient) {
    this.client = client;
  }

  async executeQuery<R>({ sql, parameters }: CompiledQuery): Promise<QueryResult<R>> {
    try {
      const query = { text: sql, values: parameters as unknown[], query_timeout: this.queryTimeoutMs };
      const { rows, rowCount } = await this.client.query<R & pg.QueryResultRow>(query);
      return { rows: rows ?? [], numAffectedRows: BigInt(rowCount ?? 0) };
    } catch (error) {
      this.broken ||= isOutage(error);
      this.failedOutside ||= !this.inTransaction;
      throw error;
    }
  }

  async commit(): Promise<string> {
    try {
      return (await this.client.query('commit')).command;
    } catch (error) {
      this.broken = true;
      throw error;
    }
  }

  streamQuery(): never {
    throw new Error('streaming is done with COPY and cursors of their own');
  }
}
