import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Problem } from '../src/problems.ts';
import { explain, reasonBlanks } from '../src/reasons.ts';
import { startTestApp, type TestApp, type TestUser } from './support/app.ts';

let t: TestApp;
let admin: TestUser;
beforeAll(async () => {
  t = await startTestApp();
  admin = await t.asAdmin();
});
afterAll(() => t.close());

const ask = async (method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object) =>
  (await t.app.inject({ method, url: `/api/v1${url}`, headers: admin.headers, payload })).json<{
    detail: string;
    reason: string;
    values: object;
    errors: { in: string; pointer: string; reason: string; values: object }[];
  }>();

test.each<[reason: string, url: string, values: object, body?: object]>([
  ['required', '/books', {}, {}],
  ['required', '/books', {}, { name: '' }],
  ['required', '/books', {}, { name: '  ' }],
  ['too-long', '/books', { max: 200 }, { name: 'x'.repeat(201) }],
  ['wrong-type', '/books', { type: 'string' }, { name: 7 }],
  ['too-small', '/books', { min: 1 }, { name: 'a', lockTtlSeconds: 0 }],
  ['too-large', '/books', { max: 86_400 }, { name: 'a', lockTtlSeconds: 1e9 }],
  ['not-an-integer', '/books', {}, { name: 'a', lockTtlSeconds: 1.5 }],
  ['not-a-time', '/books', {}, { name: 'a', startsAt: 'tomorrow' }],
  ['too-many-bytes', '/books', { max: 4096 }, { name: 'a', metadata: { a: 'x'.repeat(4096) } }],
  ['unknown-field', '/books', {}, { name: 'a', color: 'red' }],
  ['too-short', '/users', { min: 8 }, { email: 'a@example.org', password: 'short' }],
  ['not-one-of', '/users', { allowed: 'USER, ADMIN' }, { email: 'a@example.org', role: 'KING' }],
  ['too-few', '/users/00000000-0000-4000-8000-000000000000', { min: 1 }, {}],
  ['too-large', '/jobs?limit=1000', { max: 200 }],
  ['format', '/jobs?bookId=7', { format: 'uuid' }],
])('a fault that the schema finds is a code with values: %s, %s', async (reason, url, values, body) => {
  const method = body === undefined ? 'GET' : url.startsWith('/users/') ? 'PATCH' : 'POST';
  const answer = await ask(method, url, body);
  expect(answer).toMatchObject({ reason, values, errors: [{ reason, values }] });
  const { pointer, ...why } = answer.errors[0]!;
  expect(answer.detail).toBe(`${pointer && `${pointer}: `}${explain(why as never).detail}`);
});

test('a problem without a more exact reason says what its code is about', () => {
  const problem = new Problem('not-your-coupon');
  expect([problem.reason, problem.message]).toEqual([
    'not-your-coupon',
    expect.stringContaining('somebody else'),
  ]);
});

test('no English words have a blank that is not filled in', () => {
  for (const [reason, names] of Object.entries(reasonBlanks)) {
    const values = Object.fromEntries(names.map((name) => [name, 7]));
    expect(explain({ reason: reason as never, values }).detail).not.toMatch(/[{}]|^$/);
  }
});

/** Jobs as versions before this one stored them. */
async function storeJobs(jobs: { kind: string; checkpoint?: object; result?: object; failure?: object }[]) {
  const ids = jobs.map(() => randomUUID());
  for (const [index, { kind, checkpoint = null, result = null, failure = null }] of jobs.entries()) {
    await sql`
      INSERT INTO jobs (id, kind, status, created_by, input, checkpoint, result, failure, finished_at)
      VALUES (${ids[index]!}, ${kind}, ${failure ? 'failed' : 'completed'}, ${admin.id}, '{}', ${JSON.stringify(checkpoint)},
        ${JSON.stringify(result)}, ${JSON.stringify(failure)}, now())`.execute(t.db);
  }
  return ids;
}

test('a job of before keeps its sentences', async () => {
  const sentence = '9 coupons are needed, 3 are left.';
  const [id] = await storeJobs([
    { kind: 'distribute', failure: { code: 'book-exhausted', detail: sentence } },
  ]);
  await sql`
    INSERT INTO job_errors (job_id, line, value, code, reason) VALUES
      (${id!}, 1, 'ana@example.org', NULL, 'no coupon was left, after 1 of 3'),
      (${id!}, 2, 'bea@example.org', 'not-an-email', 'is not an e-mail address')`.execute(t.db);
  const { failure } = (await ask('GET', `/jobs/${id!}`)) as unknown as { failure: object };
  expect(failure).toEqual({
    code: 'book-exhausted',
    reason: 'as-stored',
    values: { text: sentence },
    detail: sentence,
  });
  expect(await ask('GET', `/jobs/${id!}/errors`)).toMatchObject({
    items: [
      { reason: 'as-stored', detail: 'no coupon was left, after 1 of 3' },
      { reason: 'not-an-email', values: {}, detail: 'Not an e-mail address' },
    ],
  });
});

test('the counts of jobs of before are told by the reasons of now', async () => {
  const given = { disabled: 1, limitReached: 2, outOfStock: 3 };
  const ids = await storeJobs([
    { kind: 'distribute', checkpoint: { lots: 1, skipped: given }, result: { assigned: 1, reasons: given } },
    {
      kind: 'undo',
      result: { unassigned: 1, reasons: { locked: 1, redeemed: 0, givenBack: 2, reassigned: 3 } },
    },
    {
      kind: 'undo',
      checkpoint: { removed: 1, kept: { assigned: 4, locked: 0, redeemed: 0, givenBack: 5 } },
      result: { removed: 1, reasons: { assigned: 4, locked: 0, redeemed: 0, givenBack: 5 } },
    },
    { kind: 'generate', result: { stored: 1 } },
  ]);
  await sql`ALTER TABLE job_errors DROP CONSTRAINT job_errors_why`.execute(t.db);
  const migration = join(import.meta.dirname, '../migrations/0021_reasons.sql');
  await sql.raw(readFileSync(migration, 'utf8')).execute(t.db);
  const { rows } = await sql<{ checkpoint: object; result: object }>`
    SELECT checkpoint, result FROM jobs WHERE id = ANY (${ids}) ORDER BY array_position(${ids}::uuid[], id)`.execute(
    t.db,
  );
  const now = { 'user-disabled': 1, 'assignment-limit-reached': 2, 'out-of-stock': 3 };
  const kept = { owned: 4, locked: 0, redeemed: 0, 'given-once': 5 };
  expect(rows).toEqual([
    { checkpoint: { lots: 1, skipped: now }, result: { assigned: 1, reasons: now } },
    {
      checkpoint: null,
      result: { unassigned: 1, reasons: { locked: 1, redeemed: 0, 'given-back': 2, reassigned: 3 } },
    },
    { checkpoint: { removed: 1, kept }, result: { removed: 1, reasons: kept } },
    { checkpoint: null, result: { stored: 1 } },
  ]);
});
