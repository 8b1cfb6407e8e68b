import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selectModules } from '../../src/modules/index.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { command, insertBook, type TestBook } from '../support/nodes.ts';

let t: TestApp;
let admin: TestUser;
let user: TestUser;

beforeAll(async () => {
  t = await startTestApp({ modules: selectModules(['coupons']), config: { rateLimitScale: 10_000 } });
  [admin, user] = await Promise.all([t.asAdmin(), t.asUser()]);
});
afterAll(() => t?.close());

async function exportOf({ id }: TestBook, query = ''): Promise<Record<string, string>[]> {
  const answer = await t.app.inject({
    url: `/api/v1/books/${id}/coupons?${query}`,
    headers: { ...admin.headers, accept: 'text/csv' },
  });
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
  return parse(answer.body, { columns: true, bom: true });
}

test('gives all coupons of a book, with their owners, in the states they are in', async () => {
  const book = await insertBook(t.db, 4);
  const [free, mine, held, over] = book.codes as [string, string, string, string];
  for (const code of [mine, held, over]) await command(t, user, 'assign', code);
  for (const code of [held, over]) await command(t, user, 'lock', code);
  await sql`UPDATE coupons SET locked_at = locked_at - interval '1 hour', lock_expires_at = locked_at WHERE code = ${over}`.execute(
    t.db,
  );
  const rows = await exportOf(book);
  expect(rows.map(({ code, state, ownerEmail }) => [code, state, ownerEmail])).toEqual([
    [free, 'UNASSIGNED', ''],
    [mine, 'ASSIGNED', user.email],
    [held, 'LOCKED', user.email],
    [over, 'ASSIGNED', user.email],
  ]);
  const list = await t.app.inject({ url: `/api/v1/books/${book.id}/coupons`, headers: admin.headers });
  expect(
    list
      .json()
      .items.map(({ code, ownerEmail }: { code: string; ownerEmail: string | null }) => [code, ownerEmail]),
  ).toEqual([
    [free, null],
    [mine, user.email],
    [held, user.email],
    [over, user.email],
  ]);
  expect(rows.map(({ lockExpiresAt }) => lockExpiresAt !== '')).toEqual([false, false, true, false]);

  const codes = async (query: string) => (await exportOf(book, query)).map(({ code }) => code);
  expect(await codes('state=ASSIGNED')).toEqual([mine, over]);
  expect(await codes(`userId=${user.id}&bom=true`)).toEqual([mine, held, over]);
  expect(await codes(`code=${held}`)).toEqual([held]);
});

test('gives each coupon once, also in a book of several parts, and by the beginning of the code', async () => {
  const book = await insertBook(t.db, 2_345);
  expect((await exportOf(book)).map(({ code }) => code)).toEqual(book.codes);
  const beginning = book.codes[0]!.replace(/-\d+$/, '-');
  const byCode = (await exportOf(book, `code=${beginning}`)).map(({ code }) => code!);
  expect(byCode).toEqual([...book.codes].sort());
});

test('refuses what the list refuses', async () => {
  const url = '/api/v1/books/00000000-0000-4000-8000-000000000000/coupons';
  const headers = { ...admin.headers, accept: 'text/csv' };
  expect((await t.app.inject({ url, headers })).statusCode).toBe(404);
  expect((await t.app.inject({ url, headers: { ...user.headers, accept: 'text/csv' } })).statusCode).toBe(
    403,
  );
  expect((await t.app.inject({ url: `${url}?state=LOST`, headers })).statusCode).toBe(400);
});
