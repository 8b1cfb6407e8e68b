import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { deleteEndedBudgets } from '../../src/access/budgets.ts';
import { deleteOldAnswers } from '../../src/answers/idempotency.ts';
import { startTestApp, type TestApp } from '../support/app.ts';

let t: TestApp;
beforeAll(async () => {
  t = await startTestApp({ modules: [] });
});
afterAll(() => t.close());

test('answers to Idempotency-Keys are kept for a day, then forgotten', async () => {
  await sql`
    INSERT INTO idempotency_keys (key_hash, fingerprint, status, body, created_at)
    SELECT sha256(n::text::bytea), sha256(n::text::bytea), 200, '{}', clock_timestamp() - n * interval '1 hour' - interval '1 minute'
    FROM generate_series(1, 48) AS n`.execute(t.db);
  await deleteOldAnswers(t.db);
  const { rows } = await sql<{ oldest: number }>`
    SELECT max(extract(epoch FROM clock_timestamp() - created_at))::integer / 3600 AS oldest FROM idempotency_keys`.execute(
    t.db,
  );
  expect(rows[0]!.oldest).toBe(24);
});

test('budgets are forgotten when their window has ended', async () => {
  await sql`
    INSERT INTO budgets (scope, spent, window_ends_at)
    SELECT 'test:' || n, 1, clock_timestamp() + n * interval '1 hour' - interval '1 minute' FROM generate_series(-3, 3) AS n`.execute(
    t.db,
  );
  await deleteEndedBudgets(t.db);
  const { rows } = await sql<{ scope: string }>`SELECT scope FROM budgets ORDER BY scope`.execute(t.db);
  expect(rows.map(({ scope }) => scope)).toEqual(['test:1', 'test:2', 'test:3']);
});
