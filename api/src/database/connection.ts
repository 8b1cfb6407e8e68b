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
import { ConnectError, errorCode, isOutage, LOST_STATEMENT } from './errors.ts';
import { runTogether } from './statement-group.ts';
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
  /** Whether connections are sessions of the database, on which prepared statements stay. Through PgBouncer they are not. */
  keepPrepared?: boolean;
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
 * Opens the pool. Nothing connects until the first query. No session state, and no named statements where they might get lost, so that
 * it works through PgBouncer in transaction mode.
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
 * Kysely's own PostgreSQL driver, with three things of ours: limits that travel inside each transaction (session settings do not
 * survive PgBouncer), a connection that failed by an outage is closed, not reused, and statements of a transaction that do not wait
 * for each other travel together.
 */
class PooledDriver implements Driver {
  readonly #pool: () => pg.Pool;
  readonly #maxWaiting: number;
  readonly #begin: Beginnings;
  readonly #habits: Habits;

  constructor(options: ConnectionOptions, pool: () => pg.Pool) {
    this.#pool = pool;
    this.#maxWaiting = options.maxWaiting;
    this.#habits = { keepPrepared: options.keepPrepared ?? false };
    const ms = options.statementTimeoutMs;
    const limits = {
      statement_timeout: ms,
      lock_timeout: Math.ceil(ms / 2),
      idle_in_transaction_session_timeout: ms * 2,
    };
    const settings = Object.entries({ ...limits, ...BY_INDEX });
    this.#begin = {
      // SET, not set_config(): a SELECT would fix the isolation level, and some choose another.
      plain: [BEGIN, ...Object.entries(limits).map(([name, value]) => raw(`set local ${name} = ${value}`))],
      // One statement for all: each costs both sides four messages.
      byIndex: [
        BEGIN,
        raw(
          `select ${settings.map(([name, value]) => `set_config('${name}', '${value}', true)`).join(', ')}`,
        ),
      ],
    };
  }

  async init(): Promise<void> {}

  async acquireConnection(): Promise<PooledConnection> {
    const pool = this.#pool();
    if (pool.waitingCount >= this.#maxWaiting) {
      throw new PoolOverloadedError('too many requests wait for a database connection');
    }
    const client = await pool.connect().catch((error: unknown) => {
      throw new ConnectError(error);
    });
    return new PooledConnection(client, this.#begin, this.#habits);
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
    connection.client.release(connection.broken);
  }

  async destroy(): Promise<void> {
    await this.#pool().end();
  }
}

/** What the connections of a pool have in common. */
interface Habits {
  /** Until a statement turns out to be gone. */
  keepPrepared: boolean;
}

interface Waiting {
  query: CompiledQuery;
  resolve: (result: pg.QueryResult) => void;
  reject: (error: unknown) => void;
}

/** How transactions begin: all, and those that are `byIndex`. */
interface Beginnings {
  plain: readonly CompiledQuery[];
  byIndex: readonly CompiledQuery[];
}

/**
 * A plan that is kept may have been made when the tables were empty; reading all of them is never right here. And it is to be kept:
 * PostgreSQL takes lists of unknown length for long ones, so that planning a short list anew seems to pay, each time.
 */
const BY_INDEX = {
  enable_seqscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  plan_cache_mode: 'force_generic_plan',
};

const { raw } = CompiledQuery;
const BEGIN = raw('begin isolation level read committed');
const COMMIT = raw('commit');
const ROLLBACK = raw('rollback');

/** A connection of the pool, for as long as one query or one transaction has it. */
export class PooledConnection implements DatabaseConnection {
  /** Not for use before a statement of the transaction has been answered: until then its BEGIN may still wait to be sent. */
  readonly client: pg.PoolClient;
  readonly #begin: Beginnings;
  readonly #habits: Habits;
  broken = false;
  inTransaction = false;
  /**
   * A statement outside of our transactions failed. It may have been several, with a BEGIN of their own (pg-boss sends such):
   * whoever got the connection next would be in that aborted transaction.
   */
  failedOutside = false;
  /** Longest to wait for the server's answer to what is sent at once; undefined: as the pool says. */
  queryTimeoutMs: number | undefined;
  #waiting: Waiting[] = [];
  #commitsNext = false;
  #ended = false;
  #byIndex = false;

  constructor(client: pg.PoolClient, begin: Beginnings, habits: Habits) {
    this.client = client;
    this.#begin = begin;
    this.#habits = habits;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#ended) throw new Error('a statement came after the end of its transaction');
    try {
      const { rows, rowCount } = await (this.inTransaction ? this.#enqueue(query) : this.#runAlone(query));
      return { rows: (rows ?? []) as R[], numAffectedRows: BigInt(rowCount ?? 0) };
    } catch (error) {
      this.broken ||= isOutage(error);
      this.failedOutside ||= !this.inTransaction;
      throw error;
    }
  }

  /**
   * Begins a transaction together with its first statement, which fails if this does.
   * @param byIndex its statements find few rows, by index: see `TransactionOptions`
   */
  begin(byIndex = false): void {
    this.inTransaction = true;
    this.#byIndex = byIndex;
    for (const query of byIndex ? this.#begin.byIndex : this.#begin.plain)
      void this.#enqueue(query).catch(() => undefined);
  }

  /** Commits in the same round trip as the statements that wait to be sent: they succeed only if that did. */
  commitWithNext(): void {
    this.#commitsNext = true;
  }

  async commit(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    try {
      // COMMIT of a transaction that an error has aborted "succeeds" with a ROLLBACK.
      const { command } = await this.#enqueue(COMMIT);
      if (command === 'ROLLBACK') throw new AbortedTransactionError();
    } catch (error) {
      this.broken ||= !(error instanceof AbortedTransactionError);
      throw error;
    }
  }

  async rollback(): Promise<void> {
    this.#ended = true;
    if (this.broken) return;
    try {
      await this.#enqueue(ROLLBACK);
    } catch {
      this.broken = true; // closing it rolls back; the error worth reporting is the one before
    }
  }

  #enqueue(query: CompiledQuery): Promise<pg.QueryResult> {
    return new Promise((resolve, reject) => {
      // After all microtasks: by then everything has been issued that does not wait for an answer.
      if (this.#waiting.length === 0) process.nextTick(() => void this.#send());
      this.#waiting.push({ query, resolve, reject });
    });
  }

  async #send(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (this.#commitsNext && !this.#ended) {
      this.#ended = true;
      waiting.push({ query: COMMIT, resolve() {}, reject() {} });
    }
    const queries = waiting.map(({ query }) => query);
    try {
      const results =
        queries.length === 1
          ? [await this.#runAlone(queries[0]!)]
          : await runTogether(this.client, queries, {
              timeoutMs: this.queryTimeoutMs,
              keep: this.#byIndex && this.#habits.keepPrepared,
            });
      waiting.forEach(({ resolve }, index) => resolve(results[index]!));
    } catch (error) {
      // There is a PgBouncer that we were not told of.
      if (errorCode(error) === LOST_STATEMENT) this.#habits.keepPrepared = false;
      // Without an answer of the server, a COMMIT may have arrived or not: such a connection is not to be asked again.
      this.broken ||= !(error instanceof pg.DatabaseError);
      for (const { reject } of waiting) reject(error);
    }
  }

  #runAlone({ sql, parameters }: CompiledQuery): Promise<pg.QueryResult> {
    return this.client.query({
      text: sql,
      values: parameters as unknown[],
      query_timeout: this.queryTimeoutMs,
    } as pg.QueryConfig);
  }

  streamQuery(): never {
    throw new Error('streaming is done with COPY and cursors of their own');
  }
}
