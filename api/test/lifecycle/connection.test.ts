import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src/database/connection.ts';
import { isOutage } from '../../src/database/errors.ts';
import { commitWith, inTransaction } from '../../src/database/transaction.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { rowsOf } from '../support/stage.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** As patient as a busy machine wants it, unless the test is about that. */
function open(overrides: Partial<Parameters<typeof openDatabase>[0]> = {}) {
  return openDatabase({
    url: () => database.url,
    poolSize: 2,
    maxWaiting: 5,
    acquireTimeoutMs: 60_000,
    statementTimeoutMs: 60_000,
    onIdleError: () => undefined,
    onReturn: () => undefined,
    ...overrides,
  });
}

test('a connection that breaks between two statements of a transaction fails the next one, and only that', async () => {
  const db = open();
  const failure = inTransaction(db, async (trx) => {
    const { rows } = await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(trx);
    const { pid } = rows[0]!;
    await rowsOf(database.url, 'SELECT pg_terminate_backend($1)', [pid]);
    await eventually(async () => {
      const alive = await rowsOf(database.url, 'SELECT FROM pg_stat_activity WHERE pid = $1', [pid]);
      return alive.length === 0;
    });
    await sql`SELECT 1`.execute(trx);
  });
  const error = await failure.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isOutage(error)).toBe(true);
  const { rows } = await sql<{ one: number }>`SELECT 1 AS one`.execute(db);
  expect(rows).toEqual([{ one: 1 }]);
  await db.destroy();
});

test.for([true, false])(
  'a read whose connection the server has closed is sent once more on a new one, a write never: own sessions %s',
  async (ownSessions) => {
    const db = open({ poolSize: 1, ownSessions });
    const pidOf = async () =>
      (await sql<{ pid: number }>`SELECT pg_backend_pid() AS pid`.execute(db)).rows[0]!.pid;
    const pid = await pidOf();
    // Ends its connection, if it is that one.
    const endIt = sql`SELECT CASE WHEN pg_backend_pid() = ${pid} THEN pg_terminate_backend(${pid}) END AS ended`;
    expect((await endIt.execute(db)).rows).toEqual([{ ended: null }]);
    const next = await pidOf();
    expect(next).not.toBe(pid);

    const table = `written_${ownSessions}`;
    await rowsOf(database.url, `CREATE TABLE ${table} (n integer)`);
    const write = sql`INSERT INTO ${sql.table(table)}
      SELECT CASE WHEN pg_backend_pid() = ${next} AND pg_terminate_backend(${next}) THEN 1 ELSE 2 END`;
    const error = await write.execute(db).catch((reason: unknown) => reason);
    expect(isOutage(error)).toBe(true);
    expect(await rowsOf(database.url, `SELECT n FROM ${table}`)).toEqual([]);

    // One that loses each connection is not sent for ever.
    const always = await sql`SELECT pg_terminate_backend(pg_backend_pid())`
      .execute(db)
      .catch((reason: unknown) => reason);
    expect(isOutage(always)).toBe(true);
    expect(await pidOf()).toBeGreaterThan(0);
    await db.destroy();
  },
);

test('statements that fail in a transaction of their own leave it to nobody else', async () => {
  const db = open({ poolSize: 1 });
  for (const text of [
    'BEGIN; SELECT 1/0; COMMIT',
    'BEGIN; CREATE TEMP TABLE half (id int); SELECT nothing FROM half; COMMIT',
  ]) {
    await expect(sql.raw(text).execute(db)).rejects.toThrow();
    const { rows } = await sql<{ one: number }>`SELECT 1 AS one`.execute(db);
    expect(rows).toEqual([{ one: 1 }]);
  }
  await db.destroy();
});

test('waiting for a connection is bounded in number and in time', async () => {
  const db = open({ acquireTimeoutMs: 3_000 });
  let letGo = () => {};
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const holders = [1, 2].map(() => inTransaction(db, () => held));
  const outcomes: string[] = [];
  // Timers fire in the order of their times, however long the process had to wait for its turn.
  let isLater = false;
  setTimeout(() => (isLater = true), 1_500);
  const waiters = Array.from({ length: 8 }, async () => {
    const error = await sql`SELECT 1`.execute(db).catch((reason: unknown) => reason);
    outcomes.push(`${isOutage(error)} ${isLater ? 'in time' : 'at once'}`);
  });
  await Promise.all(waiters);
  expect(outcomes.filter((outcome) => outcome === 'true at once')).toHaveLength(3);
  expect(outcomes.filter((outcome) => outcome === 'true in time')).toHaveLength(5);
  letGo();
  await Promise.all(holders);
  await db.destroy();
});

test('each transaction carries its limits: on statements, on locks and on idling', async () => {
  const db = open({ statementTimeoutMs: 2_000 });
  const limits = await inTransaction(db, async (trx) => {
    const { rows } = await sql<Record<string, string>>`
      SELECT current_setting('statement_timeout') AS statement, current_setting('lock_timeout') AS lock,
             current_setting('idle_in_transaction_session_timeout') AS idle`.execute(trx);
    return rows[0];
  });
  expect(limits).toEqual({ statement: '2s', lock: '1s', idle: '4s' });
  // None of it stays with the connection, which PgBouncer would give to somebody else: a text of several statements is sent as it is.
  const { rows } = await sql<{
    statement: string;
  }>`SELECT current_setting('statement_timeout') AS statement;`.execute(db);
  expect(rows).toEqual([{ statement: '0' }]);
  await db.destroy();
});

test('statements issued together run in their order; behind one that fails nothing is done, the COMMIT included', async () => {
  const db = open();
  await sql`CREATE TABLE notes (n integer PRIMARY KEY)`.execute(db);
  const insert = (n: number) => sql`INSERT INTO notes VALUES (${n}) RETURNING n`;
  const notes = () => rowsOf(database.url, 'SELECT n FROM notes ORDER BY n');

  const answers = await inTransaction(db, async (trx) => {
    const both = await Promise.all([
      insert(1).execute(trx),
      sql`SELECT count(*)::int AS n FROM notes`.execute(trx),
    ]);
    await commitWith(trx, [insert(2).execute(trx), insert(3).execute(trx)]);
    return both.map(({ rows }) => rows);
  });
  expect(answers).toEqual([[{ n: 1 }], [{ n: 1 }]]);
  expect(await notes()).toEqual([{ n: 1 }, { n: 2 }, { n: 3 }]);

  const failing = inTransaction(db, (trx) =>
    commitWith(trx, [insert(4).execute(trx), insert(1).execute(trx), insert(5).execute(trx)]),
  );
  await expect(failing).rejects.toMatchObject({ code: '23505' });
  expect(await notes()).toHaveLength(3);

  const unwritable = inTransaction(db, (trx) =>
    commitWith(trx, [insert(6).execute(trx), insert('\0' as never).execute(trx)]),
  );
  await expect(unwritable).rejects.toThrow();
  expect(await notes()).toHaveLength(3);

  // The connections are fit for use after all this.
  await Promise.all([7, 8].map((n) => inTransaction(db, (trx) => insert(n).execute(trx))));
  expect(await notes()).toHaveLength(5);
  await db.destroy();
});

test('nothing can follow the end of a transaction', async () => {
  const db = open({ poolSize: 1 });
  let late: Promise<unknown> | undefined;
  await inTransaction(db, async (trx) => {
    await commitWith(trx, [sql`SELECT 1`.execute(trx)]);
    late = sql`SELECT 2`.execute(trx).catch((error: unknown) => error);
  });
  expect(String(await late)).toMatch('after the end of its transaction');
  await db.destroy();
});

/** Statements that are prepared on the connection, without what begins a transaction; and how often each was planned anew. */
const preparedOn = async (db: ReturnType<typeof open>) => {
  const { rows } = await sql<{ statement: string; planned: number }>`
    SELECT statement, custom_plans AS planned FROM pg_prepared_statements WHERE statement LIKE 'SELECT%' ORDER BY 1`.execute(
    db,
  );
  return rows;
};

test('statements of transactions by index are prepared once for each connection, also after one that failed', async () => {
  const db = open({ poolSize: 1, ownSessions: true });
  const half = (divisor: number) =>
    inTransaction(
      db,
      async (trx) => {
        const [{ rows }] = await Promise.all([
          sql<{ n: number }>`SELECT 4 / ${divisor}::int AS n`.execute(trx),
          sql`SELECT ${divisor}::text AS behind`.execute(trx),
        ]);
        return rows[0]!.n;
      },
      { byIndex: true },
    );
  await expect(half(0)).rejects.toThrow('division by zero');
  expect(await half(2)).toBe(2);
  expect(await half(4)).toBe(1);
  expect(await preparedOn(db)).toEqual([
    { statement: 'SELECT $1::text AS behind', planned: 0 },
    { statement: 'SELECT 4 / $1::int AS n', planned: 0 },
  ]);
  await db.destroy();
});

test('a pooler that loses prepared statements is noticed: nothing fails, and none are kept from then on', async () => {
  const db = open({ poolSize: 1, ownSessions: true });
  const ask = (n: number) =>
    inTransaction(
      db,
      async (trx) => {
        const { rows } = await sql<{ n: number }>`SELECT ${n}::int AS n`.execute(trx);
        return rows[0]!.n;
      },
      { byIndex: true },
    );
  expect(await ask(1)).toBe(1);
  expect(await preparedOn(db)).toHaveLength(1);
  await sql`DEALLOCATE ALL`.execute(db);
  expect(await ask(2)).toBe(2);
  expect(await ask(3)).toBe(3);
  expect(await preparedOn(db)).toEqual([]);
  await db.destroy();
});

test('a transaction by index never plans to read a whole table, however small the tables are', async () => {
  const db = open({ ownSessions: true });
  const plan = await inTransaction(
    db,
    async (trx) => {
      const { rows } = await sql<Record<string, string>>`
        EXPLAIN SELECT FROM unnest('{1,2}'::bigint[]) AS u(id) JOIN coupons c ON c.id = u.id JOIN books b ON b.id = c.book_id`.execute(
        trx,
      );
      return rows.map((row) => Object.values(row)[0]).join('\n');
    },
    { byIndex: true },
  );
  expect(plan).not.toMatch(/Seq Scan|Hash Join|Merge Join/);
  await db.destroy();
});
