import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sweepExpiredLocks } from '../../src/modules/coupons/sweep.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { checkInvariants } from '../support/invariants.ts';
import { assignRandom, command, insertBook } from '../support/nodes.ts';

let app: TestApp;
let user: TestUser;

beforeAll(async () => {
  app = await startTestApp();
  user = await app.asUser();
});
afterAll(() => app.close());

test('a code that was removed and stored anew is found where it is now, also by who remembers the old place', async () => {
  const [before, after] = [await insertBook(app.db, 1), await insertBook(app.db, 0)];
  const code = before.codes[0]!;
  expect((await command(app, user, 'lock', code)).body.code).toBe('not-your-coupon');
  await sql`DELETE FROM coupons WHERE book_id = ${before.id}`.execute(app.db);
  await sql`INSERT INTO coupons (book_id, code) VALUES (${after.id}, ${code})`.execute(app.db);
  for (const name of ['assign', 'lock', 'redeem'] as const) {
    const { status, body } = await command(app, user, name, code);
    expect([name, status, body.bookId]).toEqual([name, 200, after.id]);
  }
});

test('a code that is gone is no code, also to who remembers it', async () => {
  const { id, codes } = await insertBook(app.db, 1);
  const admin = await app.asAdmin();
  expect((await command(app, admin, 'unlock', codes[0]!)).body.code).toBe('invalid-state');
  await sql`DELETE FROM coupons WHERE book_id = ${id}`.execute(app.db);
  expect((await command(app, admin, 'unlock', codes[0]!)).body.code).toBe('not-found');
});

test('a lock that ran out while somebody held its coupon is written down by the next sweep', async () => {
  const book = await insertBook(app.db, 1);
  await assignRandom(app, user, book.id);
  expect((await command(app, user, 'lock', book.codes[0]!)).status).toBe(200);
  await sql`
    UPDATE coupons SET locked_at = locked_at - interval '1 hour', lock_expires_at = lock_expires_at - interval '1 hour'
    WHERE book_id = ${book.id}`.execute(app.db);
  const holder = new pg.Client(app.databaseUrl);
  await holder.connect();
  await holder.query('BEGIN');
  await holder.query('SELECT FROM coupons WHERE book_id = $1 FOR UPDATE', [book.id]);
  expect(await sweepExpiredLocks(app.db)).toBe(0);
  await holder.query('COMMIT');
  await holder.end();
  expect(await sweepExpiredLocks(app.db)).toBe(1);
  const { rows } = await sql`
    SELECT state, (SELECT count(*)::integer FROM lock_ends WHERE ends_at <= clock_timestamp()) AS due
    FROM coupons WHERE book_id = ${book.id}`.execute(app.db);
  expect(rows).toEqual([{ state: 'ASSIGNED', due: 0 }]);
  await checkInvariants(app.db, { bookIds: [book.id] });
});
