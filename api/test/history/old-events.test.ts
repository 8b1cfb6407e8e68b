import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { nameOldEvents } from '../../src/modules/history/events/name-old-events.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { holdEvent } from '../support/held-locks.ts';
import { insertBook, type TestBook } from '../support/nodes.ts';

const OLD = 12_000;
let t: TestApp;
let book: TestBook;
/** The first of the events without names. */
let first: number;

/** As the version of before migration 0018 left them: events without names, of a book that is there and of one that is gone. */
beforeEach(async () => {
  await t?.close();
  t = await startTestApp();
  book = await insertBook(t.db, 2);
  const { id: userId } = await t.asUser();
  const insert = (bookId: string, couponId: number, count: number) => sql<{ id: number }>`
    INSERT INTO events (type, book_id, coupon_id, user_id, actor_id, occurred_at)
    SELECT 'coupon.locked', ${bookId}, ${couponId}, ${userId}, ${userId}, clock_timestamp()
    FROM generate_series(1, ${count}::integer) RETURNING id`;
  const { rows } = await sql<{ id: number }>`SELECT id FROM coupons WHERE code = ${book.codes[0]}`.execute(
    t.db,
  );
  first = (await insert(book.id, rows[0]!.id, OLD).execute(t.db)).rows[0]!.id;
  await insert(randomUUID(), 1_000_000, 10).execute(t.db);
  await sql`UPDATE unnamed_events SET named_to = 0, last_id = (SELECT max(id) FROM events)`.execute(t.db);
});
afterAll(() => t.close());

async function counts() {
  const { rows } = await sql<{ named: number; unnamed: number; gone: number }>`
    SELECT count(*) FILTER (WHERE code = ${book.codes[0]} AND book_name = b.name) AS named,
           count(*) FILTER (WHERE code IS NULL AND b.id IS NOT NULL) AS unnamed,
           count(*) FILTER (WHERE code IS NULL AND book_name IS NULL AND b.id IS NULL) AS gone
    FROM events e LEFT JOIN books b ON b.id = e.book_id`.execute(t.db);
  return rows[0]!;
}

test('events of before names were kept get those of their coupon and book; those of a book that is gone stay as they are', async () => {
  await nameOldEvents(t.db);
  expect(await counts()).toEqual({ named: OLD, unnamed: 0, gone: 10 });
  const { rows } = await sql`SELECT FROM unnamed_events WHERE named_to < last_id`.execute(t.db);
  expect(rows).toEqual([]);
});

test('naming them goes on where it was cut off, and stops when the process does', async () => {
  await nameOldEvents(t.db, AbortSignal.abort());
  expect((await counts()).named).toBe(0);

  const holder = await holdEvent(t.databaseUrl, first + 7_000);
  const cut = nameOldEvents(t.db);
  const failed = expect(cut).rejects.toThrow();
  await eventually(() => holder.isWaitedFor());
  await holder.breakWaiting();
  await failed;
  await holder.release();
  const { named } = await counts();
  expect([named > 0, named < OLD]).toEqual([true, true]);

  await nameOldEvents(t.db);
  expect(await counts()).toEqual({ named: OLD, unnamed: 0, gone: 10 });
});

test('two processes that name them at once name each once', async () => {
  await Promise.all([nameOldEvents(t.db), nameOldEvents(t.db)]);
  await nameOldEvents(t.db);
  expect(await counts()).toEqual({ named: OLD, unnamed: 0, gone: 10 });
});
