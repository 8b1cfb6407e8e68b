import { AbortedTransactionError, CompiledQuery, type DatabaseConnection, type QueryResult } from 'kysely';
import pg from 'pg';
import { ANSWER_WITHIN_MS } from '../deadline.ts';
import { inSpan, isTracing } from '../telemetry/tracing.ts';
import { ConnectError, errorCode, isLostConnection, isOutage, LOST_STATEMENT } from './errors.ts';
import { RELIED_ON, type SessionLimits } from './session.ts';
import { runTogether } from './statement-group.ts';

/** What the connections of a pool have in common. */
export interface Habits {
  /** Until the server at the other end turns out to be a pooler. */
  ownSessions: boolean;
  /** Until a statement turns out to be gone. */
  keepPrepared: boolean;
}

interface Waiting {
  query: CompiledQuery;
  resolve: (result: pg.QueryResult) => void;
  reject: (error: unknown) => void;
}

/**
 * How transactions begin: all, those that are `byIndex`, and those of them that wait but a little for rows; and what goes before a
 * statement of its own, where sessions are not ours.
 */
export interface Beginnings {
  plain: readonly CompiledQuery[];
  byIndex: readonly CompiledQuery[];
  byIndexAlone: readonly CompiledQuery[];
  alone: CompiledQuery | undefined;
}

export function beginnings(limits: SessionLimits, ownSessions: boolean): Beginnings {
  const settings = { ...limits, ...(!ownSessions && RELIED_ON) };
  const setLocally = (values: object) =>
    raw(
      `select ${Object.entries(values)
        .map(([name, value]) => `set_config('${name}', '${value}', true)`)
        .join(', ')}`,
    );
  return {
    // SET, not set_config(): a SELECT would fix the isolation level, and some choose another.
    plain: [
      BEGIN,
      ...Object.entries(settings).map(([name, value]) =>
        raw(`set local ${name} = ${name === 'search_path' ? value : `'${value}'`}`),
      ),
    ],
    // One statement for all: each costs both sides four messages.
    byIndex: [BEGIN, setLocally({ ...settings, ...shortLimits(limits, 2_500), ...BY_INDEX })],
    byIndexAlone: [BEGIN, setLocally({ ...settings, ...shortLimits(limits, 500), ...BY_INDEX })],
    alone: ownSessions ? undefined : setLocally(settings),
  };
}

/**
 * Many requests share such a transaction or stand behind it, and nobody waits for it longer than for any answer. Its time-out for locks
 * leaves time to try its requests one by one.
 */
const shortLimits = (limits: SessionLimits, lockTimeoutMs: number): SessionLimits => ({
  statement_timeout: Math.min(limits.statement_timeout, ANSWER_WITHIN_MS),
  lock_timeout: Math.min(limits.lock_timeout, lockTimeoutMs),
  idle_in_transaction_session_timeout: Math.min(limits.idle_in_transaction_session_timeout, ANSWER_WITHIN_MS),
});

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

/** Statements of ours that change nothing: those of the queue are functions of its own. */
const isRead = (sql: string) =>
  /^\s*(select|with)\b/i.test(sql) && !/\b(insert|update|delete|merge|pgboss|pg_advisory\w*)\b/i.test(sql);

/** One round trip to the database, with a span of its own when that is wanted. */
function roundTrip<T>(queries: readonly CompiledQuery[], send: () => Promise<T>): Promise<T> {
  if (!isTracing()) return send();
  return inSpan(
    () => summarize(queries),
    { 'db.system.name': 'postgresql', 'db.operation.batch.size': queries.length },
    send,
  );
}

const WRITE =
  /\b(insert(?=\s+into)|(?<!\b(?:for|key)\s+)update|delete(?=\s+from))(?:\s+(?:into|from))?\s+([a-z_]+)/i;
const READ = /\b(select)\b(?:[^;]*?\bfrom\s+([a-z_]+))?/i;
const OTHER = /\b(begin|commit|rollback)\b/i;

/** What statements do, in a few words: the verb and the table of each, never a value. Of one that reads and writes, what it writes. */
function summarize(queries: readonly CompiledQuery[]): string {
  const words = queries.map(({ sql }) => {
    const [, verb = 'sql', table] = WRITE.exec(sql) ?? READ.exec(sql) ?? OTHER.exec(sql) ?? [];
    return [verb.toLowerCase(), table].filter(Boolean).join(' ');
  });
  return [...new Set(words)].join(', ').slice(0, 120);
}

/** A connection of the pool, for as long as one query or one transaction has it. */
export class PooledConnection implements DatabaseConnection {
  /** Undefined when it was lost and there is no other. */
  client: pg.PoolClient | undefined;
  readonly #begin: Beginnings;
  readonly #habits: Habits;
  readonly #replace: (lost: pg.PoolClient, error: unknown) => Promise<pg.PoolClient>;
  /** Why it cannot be used any more. */
  broken: unknown;
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

  constructor(
    client: pg.PoolClient,
    begin: Beginnings,
    habits: Habits,
    replace: (lost: pg.PoolClient, error: unknown) => Promise<pg.PoolClient>,
  ) {
    this.client = client;
    this.#begin = begin;
    this.#habits = habits;
    this.#replace = replace;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (this.#ended) throw new Error('a statement came after the end of its transaction');
    try {
      const { rows, rowCount } = await (this.inTransaction ? this.#enqueue(query) : this.#runOutside(query));
      return { rows: (rows ?? []) as R[], numAffectedRows: BigInt(rowCount ?? 0) };
    } catch (error) {
      if (isOutage(error)) this.broken ??= error;
      this.failedOutside ||= !this.inTransaction;
      throw error;
    }
  }

  /**
   * Begins a transaction together with its first statement, which fails if this does.
   * @param how see `TransactionOptions`
   */
  begin(how: 'plain' | 'byIndex' | 'byIndexAlone' = 'plain'): void {
    this.inTransaction = true;
    this.#byIndex = how !== 'plain';
    if (this.#byIndex) this.queryTimeoutMs = ANSWER_WITHIN_MS;
    for (const query of this.#begin[how]) void this.#enqueue(query).catch(() => undefined);
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
      if (!(error instanceof AbortedTransactionError)) this.broken ??= error;
      throw error;
    }
  }

  async rollback(): Promise<void> {
    this.#ended = true;
    if (this.broken) return;
    try {
      await this.#enqueue(ROLLBACK);
    } catch (error) {
      this.broken = error; // closing it rolls back; the error worth reporting is the one before
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
          : await roundTrip(queries, () =>
              runTogether(this.#client, queries, {
                timeoutMs: this.queryTimeoutMs,
                keep: this.#byIndex && this.#habits.keepPrepared,
              }),
            );
      waiting.forEach(({ resolve }, index) => resolve(results[index]!));
    } catch (error) {
      // There is a PgBouncer that we were not told of.
      if (errorCode(error) === LOST_STATEMENT) this.#habits.keepPrepared = false;
      // Without an answer of the server, a COMMIT may have arrived or not: such a connection is not to be asked again.
      if (!(error instanceof pg.DatabaseError)) this.broken ??= error;
      for (const { reject } of waiting) reject(error);
    }
  }

  /** A read is sent once more, on a new connection, when this one turns out to have been closed. A write may have been done. */
  async #runOutside(query: CompiledQuery): Promise<pg.QueryResult> {
    try {
      return await this.#runWithSettings(query);
    } catch (error) {
      if (!isLostConnection(error) || !isRead(query.sql)) throw error;
      const lost = this.#client;
      this.client = undefined;
      this.client = await this.#replace(lost, error);
      return this.#runWithSettings(query);
    }
  }

  async #runWithSettings(query: CompiledQuery): Promise<pg.QueryResult> {
    const { alone } = this.#begin;
    // Several in one text (pg-boss sends such, and names its schema) cannot go together with others.
    if (!alone || query.sql.includes(';')) return this.#runAlone(query);
    const timeoutMs = this.queryTimeoutMs;
    const results = await roundTrip([query], () =>
      runTogether(this.#client, [alone, query], { timeoutMs, keep: false }),
    );
    return results[1]!;
  }

  get #client(): pg.PoolClient {
    if (!this.client) throw new ConnectError('the connection was lost');
    return this.client;
  }

  #runAlone(query: CompiledQuery): Promise<pg.QueryResult> {
    const { sql: text, parameters } = query;
    const config = { text, values: parameters as unknown[], query_timeout: this.queryTimeoutMs };
    return roundTrip([query], () => this.#client.query(config as pg.QueryConfig));
  }

  streamQuery(): never {
    throw new Error('streaming is done with COPY and cursors of their own');
  }
}
