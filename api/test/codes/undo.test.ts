import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { checkInvariants } from '../support/invariants.ts';

let t: TestApp;
let admin: TestUser;
let user: TestUser;
beforeAll(async () => {
  t = await startTestApp({
    patient: true,
    config: { rateLimitScale: 10_000, logLevel: 'silent' },
  });
  [admin, user] = [await t.asAdmin(), await t.asUser()];
});
afterAll(() => t.close());

async function call(method: 'GET' | 'POST' | 'DELETE', url: string, payload?: object | string, as = admin) {
  const headers = { ...as.headers, ...(typeof payload === 'string' && { 'content-type': 'text/csv' }) };
  const answer = await t.app.inject({ method, url: `/api/v1${url}`, payload, headers });
  return { status: answer.statusCode, body: answer.body ? answer.json() : null };
}

let books = 0;
async function makeBook(): Promise<string> {
  books += 1;
  return (await call('POST', '/books', { name: `Undo ${books}` })).body.id;
}
const codesOf = (count: number) => Array.from({ length: count }, (_, n) => `UNDO-${books}-${n}`);
const upload = async (bookId: string, codes: readonly string[], query = '') =>
  (await call('POST', `/books/${bookId}/codes/upload${query}`, codes.join('\n'))).body;
const undo = (id: string) => call('POST', `/jobs/${id}/undo`);
const stats = async (id: string) => (await call('GET', `/books/${id}/stats`)).body;
const assign = (code: string) => call('POST', `/coupons/assign/${code}`, { userId: user.id });

test.each(['', '?onError=abort'])(
  'an upload%s is undone as a whole, and can be made again',
  async (query) => {
    const book = await makeBook();
    const codes = codesOf(30);
    const job = await upload(book, codes, query);
    const { status, body } = await undo(job.id);
    expect([status, body.kind, body.status, body.progress.total]).toEqual([201, 'undo', 'completed', 30]);
    expect(body.result).toMatchObject({ removed: 30, kept: 0, of: job.id });
    expect(await stats(book)).toMatchObject({ total: 0, unassigned: 0 });
    expect((await upload(book, codes, query)).result).toMatchObject({ stored: 30, duplicates: 0 });
    await checkInvariants(t.db, { bookIds: [book] });
  },
);

test('what was ever given stays, each with its reason; what other jobs stored stays too', async () => {
  const book = await makeBook();
  const codes = codesOf(10);
  const job = await upload(book, codes);
  await upload(book, [...codes, `UNDO-${books}-OTHER`]);
  for (const code of codes.slice(0, 4)) expect((await assign(code)).status).toBe(200);
  await call('POST', `/coupons/lock/${codes[1]}`, {}, user);
  await call('POST', `/coupons/lock/${codes[2]}`, {}, user);
  expect((await call('POST', `/coupons/redeem/${codes[2]}`, {}, user)).status).toBe(200);
  expect((await call('POST', `/coupons/unassign/${codes[3]}`)).status).toBe(200);
  const { body } = await undo(job.id);
  expect(body.result).toEqual({
    removed: 6,
    kept: 4,
    reasons: { owned: 1, locked: 1, redeemed: 1, 'given-once': 1 },
    left: 0,
    of: job.id,
  });
  const errors = (await call('GET', `/jobs/${body.id}/errors`)).body.items;
  expect(new Set(errors.map(({ value }: { value: string }) => value))).toEqual(new Set(codes.slice(0, 4)));
  expect(await stats(book)).toMatchObject({ total: 5 });
  expect((await undo(job.id)).body.result).toMatchObject({ removed: 0, kept: 4 });
  await checkInvariants(t.db, { bookIds: [book] });
});

test('a generation is undone', async () => {
  const book = await makeBook();
  const { body: job } = await call('POST', `/books/${book}/codes/generate`, { count: 25 });
  expect((await undo(job.id)).body.result).toMatchObject({ removed: 25, kept: 0 });
  expect(await stats(book)).toMatchObject({ total: 0 });
});

test('a job that an earlier version ran cannot be undone, and says why', async () => {
  const book = await makeBook();
  const job = await upload(book, codesOf(3));
  await sql`UPDATE jobs SET checkpoint = checkpoint - 'lastId' WHERE id = ${job.id}`.execute(t.db);
  expect((await undo(job.id)).body).toMatchObject({ status: 409, code: 'conflict' });
  expect((await call('POST', `/jobs/${job.id}/undo`, undefined, user)).status).toBe(403);
});

test('while coupons are taken, each is either given or removed, never both', async () => {
  for (let round = 0; round < 10; round += 1) {
    const book = await makeBook();
    const codes = codesOf(40);
    const job = await upload(book, codes);
    const takers = [
      ...Array.from({ length: 15 }, () =>
        call('POST', '/coupons/assign/random', { bookId: book, userId: user.id }),
      ),
      ...codes.slice(0, 15).map(assign),
    ];
    const { body } = await undo(job.id);
    const given = (await Promise.all(takers)).filter(({ status }) => status === 200).map((a) => a.body.code);
    expect(new Set(given).size).toBe(given.length);
    const { rows } = await sql<{ code: string }>`
      SELECT code FROM coupons WHERE book_id = ${book}`.execute(t.db);
    expect(rows.map(({ code }) => code).toSorted()).toEqual(given.toSorted());
    expect(body.result.removed).toBe(40 - given.length);
    await checkInvariants(t.db, { bookIds: [book] });
  }
});

test('an undo removes nothing that another upload stored under the same codes', async () => {
  const book = await makeBook();
  const codes = codesOf(20);
  const job = await upload(book, codes);
  await undo(job.id);
  await upload(book, codes);
  expect((await undo(job.id)).body.result).toMatchObject({ removed: 0, kept: 0 });
  expect(await stats(book)).toMatchObject({ total: 20 });
});
