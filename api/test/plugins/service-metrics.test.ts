import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { command, insertBook, type TestBook } from '../support/nodes.ts';

let t: TestApp;
let admin: TestUser;
let book: TestBook;
let metrics: string[];

/** What is counted before the first look: gauges of the database are kept for some seconds. */
beforeAll(async () => {
  t = await startTestApp({ config: { rateLimitScale: 10_000 } });
  admin = await t.asAdmin();
  book = await insertBook(t.db, 4);
  const user = await t.asUser();
  for (const name of ['assign', 'lock'] as const) await command(t, user, name, book.codes[0]!);
  await command(t, user, 'redeem', book.codes[1]!);
  await t.app.inject({
    method: 'POST',
    url: '/api/v1/auth/login',
    payload: { email: admin.email, password: 'wrong guess' },
  });
  await t.app.inject({ url: '/nothing/here' });
  await sql`INSERT INTO jobs (kind, book_id, created_by, input, total, done, created_at)
            VALUES ('generate', ${book.id}, ${admin.id}, '{}', 4, 1, clock_timestamp() - interval '1 hour')`.execute(
    t.db,
  );
  metrics = (await t.app.inject({ url: '/metrics' })).body.split('\n');
});
afterAll(() => t.close());

const valueOf = (series: string) =>
  Number(
    metrics
      .find((line) => line.startsWith(`${series} `))
      ?.split(' ')
      .at(-1),
  );

test('each refusal counts by its operation and its code', () => {
  expect(metrics.filter((line) => line.startsWith('refusals_total{')).sort()).toEqual([
    expect.stringMatching(/^refusals_total\{operation="login",code="[a-z-]+"\} 1$/),
    'refusals_total{operation="none",code="not-found"} 1',
    expect.stringMatching(/^refusals_total\{operation="redeemCoupon",code="[a-z-]+"\} 1$/),
  ]);
});

test('the stock of active books, the locks that hold, and the age and progress of jobs are there', async () => {
  expect(valueOf(`book_coupons_unassigned{book_id="${book.id}"}`)).toBe(3);
  expect(valueOf(`book_coupons_total{book_id="${book.id}"}`)).toBe(4);
  expect(valueOf('coupons_locked{lock="held"}')).toBe(1);
  expect(valueOf('coupons_locked{lock="overdue"}')).toBe(0);
  const { rows } = await sql<{ id: string }>`SELECT id FROM jobs`.execute(t.db);
  const { id } = rows[0]!;
  expect(valueOf(`job_age_seconds{job_id="${id}",kind="generate",status="queued"}`)).toBeGreaterThan(3_599);
  expect(valueOf(`job_progress_ratio{job_id="${id}",kind="generate"}`)).toBe(0.25);
});

test('the connections of the pool are counted', () => {
  expect(valueOf('database_connections{state="waiting"}')).toBe(0);
  expect(
    valueOf('database_connections{state="idle"}') + valueOf('database_connections{state="busy"}'),
  ).toBeGreaterThan(0);
  expect(valueOf('database_oldest_transaction_seconds')).toBeGreaterThanOrEqual(0);
});

test('books have a bounded number of series: those with the smallest share left', async () => {
  const other = await startTestApp();
  try {
    await sql`INSERT INTO books (name, lock_ttl_seconds) SELECT 'book ' || n, 60 FROM generate_series(1, 80) n`.execute(
      other.db,
    );
    const scarce = await insertBook(other.db, 1);
    const { body } = await other.app.inject({ url: '/metrics' });
    expect(body.match(/^book_coupons_unassigned\{/gm)).toHaveLength(50);
    expect(body).not.toContain(scarce.id);
  } finally {
    await other.close();
  }
});

test('while the database does not answer, its gauges are away and the others are there', async () => {
  const other = await startTestApp();
  try {
    other.app.readiness.prepared = false;
    const { statusCode, body } = await other.app.inject({ url: '/metrics' });
    expect(statusCode).toBe(200);
    expect(body).not.toMatch(/^coupons_locked\{/m);
    expect(body).toMatch(/^database_oldest_transaction_seconds NaN$/im);
    expect(body).toMatch(/^database_connections\{state="waiting"\} \d+$/m);
  } finally {
    await other.close();
  }
});
