import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/database/transaction.ts';
import { packCodes } from '../../src/modules/codes/packed.ts';
import { canMake, drawCodes, readPattern } from '../../src/modules/codes/pattern.ts';
import { insertDrawnCodes } from '../../src/modules/codes/queries.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { codesOf, insertBook } from '../support/nodes.ts';

let t: TestApp;
let admin: TestUser;

beforeAll(async () => {
  t = await startTestApp({ patient: true });
  admin = await t.asAdmin();
});
afterAll(() => t?.close());

const makeBook = async () => (await insertBook(t.db, 0)).id;

async function ask(
  what: 'generate' | 'preview',
  bookId: string,
  payload: object,
  headers: object = {},
  app = t.app,
) {
  const answer = await app.inject({
    method: 'POST',
    url: `/api/v1/books/${bookId}/codes/${what}`,
    payload,
    headers: { ...admin.headers, prefer: 'wait=30', ...headers },
  });
  const { statusCode: status, headers: answered, body: text } = answer;
  const body = answer.json();
  // A job that has completed: what came of it.
  return { status, headers: answered, text, body: status === 201 ? (body.failure ?? body.result) : body };
}

/** A literal that no other test uses. */
const mark = () => randomUUID().slice(0, 8).toUpperCase();

describe('generating', () => {
  test('never reads the whole table to see which codes are new', async () => {
    const bookId = await makeBook();
    await ask('generate', bookId, { count: 50_000 });
    await sql`ANALYZE coupons`.execute(t.db);
    const packed = packCodes(10_000);
    for (const code of drawCodes(readPattern({})).take(10_000)) packed.add(code);
    const codes = packed.take();
    const scans = await inTransaction(t.db, async (trx) => {
      expect(await insertDrawnCodes(trx, { bookId, batchId: randomUUID() }, codes, 9_000)).toBe(9_000);
      const { rows } = await sql<{ scans: number }>`
        SELECT seq_scan AS scans FROM pg_stat_xact_user_tables WHERE relid = 'coupons'::regclass`.execute(
        trx,
      );
      return rows[0]!.scans;
    });
    expect(scans).toBe(0);
  });

  test('stores exactly as many codes as asked for, of the default pattern', async () => {
    const bookId = await makeBook();
    const { status, headers, body } = await ask('generate', bookId, { count: 20_000 });
    expect([status, headers.location, body]).toEqual([
      201,
      expect.stringMatching(/^\/api\/v1\/jobs\/[\da-f-]{36}$/),
      { stored: 20_000, capacity: '1152921504606846976' },
    ]);
    const codes = await codesOf(t.db, bookId);
    expect(new Set(codes).size).toBe(20_000);
    expect(codes.every((code) => /^[A-HJ-NP-Z2-9]{4}(-[A-HJ-NP-Z2-9]{4}){2}$/.test(code))).toBe(true);
  });

  test.each([
    { pattern: 'X_#-##_####', charset: 'digits' },
    { length: 12, prefix: 'new-', postfix: '_z', charset: 'letters' },
    { length: 20, charset: 'ab-' },
  ])('makes codes of %j', async (pattern) => {
    const bookId = await makeBook();
    expect(
      (await ask('generate', bookId, { count: 50, allowGuessable: true, ...pattern })).body,
    ).toMatchObject({ stored: 50 });
    const read = readPattern(pattern);
    expect((await codesOf(t.db, bookId)).every((code) => canMake(read, code))).toBe(true);
  });

  test('refuses codes that could be guessed, with the numbers, unless told otherwise', async () => {
    const bookId = await makeBook();
    const pattern = { pattern: `${mark()}-###`, charset: 'digits' };
    expect((await ask('generate', bookId, { count: 1, ...pattern })).status).toBe(201);
    const { body } = await ask('generate', bookId, { count: 1, ...pattern });
    expect(body).toMatchObject({
      status: 400,
      code: 'invalid-request',
      reason: 'guessable-codes',
      values: { capacity: '1000', existing: 1, count: 1, needed: '2000' },
    });
    expect(body.detail).toContain('1000');
    expect((await ask('generate', bookId, { count: 1, ...pattern, allowGuessable: true })).status).toBe(201);
    expect(await codesOf(t.db, bookId)).toHaveLength(2);
  });

  test('counts codes of all books, and only those of the pattern', async () => {
    const prefix = mark();
    const [one, other] = [await makeBook(), await makeBook()];
    const pattern = { pattern: `${prefix}_##`, charset: 'digits', allowGuessable: true };
    await ask('generate', one, { ...pattern, count: 90 });
    await ask('generate', one, { ...pattern, count: 90, pattern: `${prefix}-##` });
    await ask('generate', one, { ...pattern, count: 90, charset: 'letters' });
    expect((await ask('preview', other, { ...pattern, count: 1 })).body).toMatchObject({ existing: 90 });
    expect((await ask('generate', other, { ...pattern, count: 11 })).body).toMatchObject({
      reason: 'too-few-codes',
      values: { existing: 90, capacity: '100' },
    });
    expect((await ask('generate', other, { ...pattern, count: 10 })).body).toMatchObject({ stored: 10 });
  });

  test('finds the last free codes of a large pattern', async () => {
    const bookId = await makeBook();
    const pattern = { pattern: `${mark()}-####`, charset: 'digits', allowGuessable: true };
    expect((await ask('generate', bookId, { ...pattern, count: 9_990 })).body).toMatchObject({
      stored: 9_990,
    });
    expect((await ask('generate', bookId, { ...pattern, count: 10 })).body).toMatchObject({ stored: 10 });
    expect((await ask('generate', bookId, { ...pattern, count: 1 })).body).toMatchObject({
      code: 'invalid-request',
      values: { existing: 10_000 },
    });
    expect(new Set(await codesOf(t.db, bookId)).size).toBe(10_000);
  });

  test('never makes the reserved word', async () => {
    const bookId = await makeBook();
    const pattern = { pattern: 'RANDO#', charset: 'letters', allowGuessable: true };
    expect((await ask('generate', bookId, { ...pattern, count: 26 })).status).toBe(400);
    expect((await ask('generate', bookId, { ...pattern, count: 25 })).body).toEqual({
      stored: 25,
      capacity: '25',
    });
  });

  test('of a tight pattern by six at once goes to the five it has codes for, and none twice', async () => {
    const pattern = { pattern: `${mark()}-##`, charset: 'digits', allowGuessable: true };
    const nodes = await Promise.all([1, 2, 3].map(() => startTestApp({ databaseUrl: t.databaseUrl })));
    const books = await Promise.all(Array.from({ length: 6 }, makeBook));
    const answers = await Promise.all(
      books.map((bookId, n) => ask('generate', bookId, { ...pattern, count: 20 }, {}, nodes[n % 3]!.app)),
    );
    const stored = await Promise.all(books.map((bookId) => codesOf(t.db, bookId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 201, 400]);
    expect(stored.map((codes) => codes.length)).toEqual(
      answers.map(({ status }) => (status === 201 ? 20 : 0)),
    );
    expect(new Set(stored.flat()).size).toBe(100);
    await Promise.all(nodes.map((node) => node.close()));
  });

  test('by six at once leaves a pattern that cannot be guessed: five are taken', async () => {
    const node = await startTestApp();
    const { headers } = await node.asAdmin();
    const payload = { pattern: `${mark()}-#######`, charset: 'digits', count: 2_000 };
    const books = await Promise.all(Array.from({ length: 6 }, () => insertBook(node.db, 0)));
    const answers = await Promise.all(
      books.map(({ id }) =>
        node.app.inject({ method: 'POST', url: `/api/v1/books/${id}/codes/generate`, payload, headers }),
      ),
    );
    const refused = answers.filter(({ statusCode }) => statusCode === 400);
    expect(refused.map((answer) => answer.json<{ reason: string }>().reason)).toEqual(['guessable-codes']);
    await node.close();
  });

  test('answers a repeat with the same key byte for byte, and stores once', async () => {
    const bookId = await makeBook();
    const key = { 'idempotency-key': randomUUID() };
    const first = await ask('generate', bookId, { count: 5 }, key);
    const again = await ask('generate', bookId, { count: 5 }, key);
    expect([again.status, again.text, again.headers['idempotent-replayed']]).toEqual([
      201,
      first.text,
      'true',
    ]);
    expect(await codesOf(t.db, bookId)).toHaveLength(5);
    expect((await ask('generate', bookId, { count: 6 }, key)).body).toMatchObject({
      code: 'idempotency-key-reused',
    });
  });

  test.each([
    [{}, '/count'],
    [{ count: 0 }, '/count'],
    [{ count: 1_000_001 }, '/count'],
    [{ count: 1, charset: 'AAA' }, '/charset'],
    [{ count: 1, pattern: 'ABC' }, '/pattern'],
    [{ count: 1, pattern: 'A##', length: 2 }, '/pattern'],
    [{ count: 1, regex: '.*' }, '/regex'],
  ])('refuses %j, pointing at the field', async (payload, pointer) => {
    const { body } = await ask('generate', await makeBook(), payload);
    expect([body.code, body.errors?.[0].pointer]).toEqual(['invalid-request', pointer]);
  });

  test('is refused for a book that is archived, not there, or for a USER', async () => {
    const bookId = await makeBook();
    const user = await t.asUser();
    await t.app.inject({
      method: 'PATCH',
      url: `/api/v1/books/${bookId}`,
      payload: { archived: true },
      headers: admin.headers,
    });
    for (const what of ['generate', 'preview'] as const) {
      expect((await ask(what, bookId, { count: 1 })).body).toMatchObject({
        status: 409,
        code: 'book-not-active',
      });
      expect((await ask(what, randomUUID(), { count: 1 })).body).toMatchObject({
        status: 404,
        code: 'not-found',
      });
      expect((await ask(what, bookId, { count: 1 }, user.headers)).status).toBe(403);
    }
  });
});

describe('a preview', () => {
  test('says what generating would do and how safe it is, and stores nothing', async () => {
    const bookId = await makeBook();
    const pattern = { pattern: `${mark()}-####`, charset: 'digits' };
    await ask('generate', bookId, { ...pattern, count: 5 });
    const { status, body } = await ask('preview', bookId, { ...pattern, count: 4 });
    expect(status).toBe(200);
    expect(body).toEqual({
      pattern: pattern.pattern,
      charset: '0123456789',
      capacity: '10000',
      entropyBits: 13.29,
      samples: expect.any(Array),
      existing: 5,
      guess: { before: 0.0005, after: 0.0009, oneIn: '1111' },
      refusal: null,
    });
    expect(body.samples).toHaveLength(10);
    expect(await codesOf(t.db, bookId)).toHaveLength(5);
  });

  test.each([
    [{ count: 10 }, 'guessable-codes'],
    [{ count: 10, allowGuessable: true }, null],
    [{ count: 101 }, 'too-few-codes'],
    [{ count: 101, allowGuessable: true }, 'too-few-codes'],
  ])('tells for %j that the refusal would be: %s', async (request, reason) => {
    const { body } = await ask('preview', await makeBook(), {
      pattern: `${mark()}-##`,
      charset: 'digits',
      ...request,
    });
    if (reason === null) expect(body.refusal).toBeNull();
    else expect(body.refusal).toMatchObject({ reason });
  });
});
