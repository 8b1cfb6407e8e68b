import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { fillDemo } from '../../demo/fill.ts';
import { ADMIN, PASSWORD, SHOPPER } from '../../demo/people.ts';
import { demoEnvironment, requireDemo } from '../../demo/safety.ts';
import { readConfig } from '../../src/config.ts';
import { ensureFirstAdmin } from '../../src/modules/accounts/people/first-admin.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { temporaryFolder } from '../support/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { checkInvariants } from '../support/invariants.ts';
import { launchServer } from '../support/server.ts';

const DEMO = fileURLToPath(import.meta.resolve('../../demo/demo.ts'));

describe('demo data', () => {
  let demo: TestApp;
  beforeAll(async () => {
    // No chore writes down a lock that runs out between two looks.
    demo = await startTestApp({ config: { sweepSeconds: 0 } });
    await demo.app.listen({ host: '127.0.0.1', port: 0 });
    await ensureFirstAdmin(demo.app, { adminEmail: ADMIN.email, adminPassword: PASSWORD });
    await fillDemo(demo.app, () => {});
  });
  afterAll(() => demo.close());

  const rows = async <T>(statement: ReturnType<typeof sql>) => (await statement.execute(demo.db)).rows as T[];
  const column = async <T>(statement: ReturnType<typeof sql>) =>
    (await rows<Record<string, T>>(statement)).map((row) => Object.values(row)[0]!);

  test('break no invariant', () => checkInvariants(demo.db));

  test('are 2,000 coupons in every state, with everything that can happen to one', async () => {
    expect(await column(sql`SELECT count(*) FROM coupons`)).toEqual([2000]);
    expect(await column(sql`SELECT DISTINCT state::text FROM coupons ORDER BY 1`)).toEqual([
      'ASSIGNED',
      'LOCKED',
      'REDEEMED',
      'UNASSIGNED',
    ]);
    expect(await column(sql`SELECT DISTINCT type FROM events ORDER BY 1`)).toEqual([
      'coupon.assigned',
      'coupon.lock_expired',
      'coupon.locked',
      'coupon.redeemed',
      'coupon.redemption_rolled_back',
      'coupon.unassigned',
      'coupon.unlocked',
    ]);
    expect(await column(sql`SELECT max(redemption_count) FROM coupons WHERE state = 'REDEEMED'`)).toEqual([
      10,
    ]);
    expect(await column(sql`SELECT max(redemption_count) FROM coupons WHERE state = 'ASSIGNED'`)).not.toEqual(
      [0],
    );
  });

  test('have books of every kind', async () => {
    const books = await rows<{ name: string; kind: string; total: number; unassigned: number }>(sql`
      SELECT b.name, CASE WHEN archived_at IS NOT NULL THEN 'archived' WHEN starts_at > now() THEN 'later'
                          WHEN expires_at <= now() THEN 'expired' WHEN expires_at < now() + interval '3 days' THEN 'ending'
                          ELSE 'active' END AS kind,
             count(c.id) AS total, count(c.id) FILTER (WHERE c.state = 'UNASSIGNED') AS unassigned
      FROM books b LEFT JOIN coupons c ON c.book_id = b.id GROUP BY b.id`);
    expect(new Set(books.map(({ kind }) => kind))).toEqual(
      new Set(['active', 'later', 'ending', 'expired', 'archived']),
    );
    const of = (name: string) => books.find((book) => book.name === name)!;
    expect(of('Early bird')).toMatchObject({ kind: 'active', total: 50, unassigned: 0 });
    expect(of('Partner tickets')).toMatchObject({ kind: 'active', total: 50, unassigned: 3 });
    expect(of('Ideas for next year')).toMatchObject({ total: 0 });
  });

  test('have jobs of every kind, and each way a job can end', async () => {
    const jobs = await rows<{ job: string }>(sql`SELECT DISTINCT kind || ' ' || status AS job FROM jobs`);
    expect(jobs.map(({ job }) => job).sort()).toEqual([
      'distribute completed',
      'generate cancelled',
      'generate completed',
      'import completed',
      'import failed',
      'undo completed',
    ]);
    const [partial] = await rows(
      sql`SELECT FROM jobs WHERE kind = 'distribute' AND (result ->> 'missing')::integer > 0`,
    );
    const [undone] = await rows(sql`SELECT FROM jobs WHERE kind = 'undo' AND (result ->> 'kept')::integer > 0
                                    AND (result ->> 'unassigned')::integer > 0`);
    const [faulty] = await rows(sql`SELECT FROM jobs WHERE kind = 'import' AND errors > 0 AND done > errors`);
    expect([partial, undone, faulty]).not.toContain(undefined);
  });

  test('have a past of a month that agrees with itself: nothing before its cause, nothing in the future', async () => {
    const [{ days, first, last }] = (await rows<{ days: number; first: boolean; last: boolean }>(sql`
      SELECT count(DISTINCT redeemed_at::date) AS days, min(redeemed_at) < now() - interval '27 days' AS first,
             max(redeemed_at) > now() - interval '2 days' AS last
      FROM redemption_history`)) as [{ days: number; first: boolean; last: boolean }];
    expect(days).toBeGreaterThan(24);
    expect([first, last]).toEqual([true, true]);
    const strange = await column<string>(sql`
      SELECT 'event ' || id || ' ' || type || ' is before the one before it' FROM (
        SELECT id, type, occurred_at < lag(occurred_at) OVER (PARTITION BY coupon_id ORDER BY id) AS early FROM events) e
      WHERE early
      UNION ALL SELECT 'event ' || id || ' is in the future' FROM events WHERE occurred_at > clock_timestamp()
      UNION ALL SELECT 'coupon ' || c.code || ' is older than its book' FROM coupons c JOIN books b ON b.id = c.book_id
        WHERE c.created_at < b.created_at
      UNION ALL SELECT 'event ' || e.id || ' ' || e.type || ' is older than coupon ' || c.code
        FROM events e JOIN coupons c ON c.id = e.coupon_id WHERE e.occurred_at < c.created_at
      UNION ALL SELECT 'event ' || e.id || ' ' || e.type || ' was outside the dates of ' || b.name
        FROM events e JOIN books b ON b.id = e.book_id
        WHERE e.type IN ('coupon.assigned', 'coupon.locked', 'coupon.redeemed')
          AND (e.occurred_at < b.starts_at OR e.occurred_at >= b.expires_at OR e.occurred_at > b.archived_at)
      UNION ALL SELECT 'coupon ' || c.code || ' was redeemed ' || (e.occurred_at - l.at) || ' after it was locked'
        FROM events e JOIN coupons c ON c.id = e.coupon_id JOIN books b ON b.id = c.book_id CROSS JOIN LATERAL (
          SELECT max(occurred_at) AS at FROM events o
          WHERE o.coupon_id = e.coupon_id AND o.id < e.id AND o.type = 'coupon.locked') l
        WHERE e.type = 'coupon.redeemed' AND e.occurred_at > l.at + b.lock_ttl_seconds * interval '1 second'
      UNION ALL SELECT 'event ' || e.id || ' is of before the account of ' || u.email
        FROM events e JOIN users u ON u.id = e.user_id WHERE e.occurred_at < u.created_at
      UNION ALL SELECT 'job ' || id FROM jobs WHERE NOT (created_at <= started_at AND started_at <= finished_at)`);
    expect(strange).toEqual([]);
  });

  test('count each redemption on its day', async () => {
    const counted = sql`
      SELECT book_id, day, sum(redemptions) AS n FROM (
        SELECT book_id, day, redemptions FROM book_redemption_counts
        UNION ALL SELECT book_id, day, redemptions FROM book_count_deltas WHERE day IS NOT NULL) parts
      GROUP BY 1, 2 HAVING sum(redemptions) <> 0`;
    const made = sql`
      SELECT h.book_id, (h.redeemed_at AT TIME ZONE 'UTC')::date AS day, count(*) AS n FROM redemption_history h
      WHERE rollback_of IS NULL AND NOT EXISTS (SELECT FROM redemption_history r WHERE r.rollback_of = h.id) GROUP BY 1, 2`;
    expect(await rows(sql`(${counted} EXCEPT ${made}) UNION ALL (${made} EXCEPT ${counted})`)).toEqual([]);
    expect((await rows(made)).length).toBeGreaterThan(100);
  });

  test('name nobody who could exist', async () => {
    const emails = await column<string>(sql`SELECT email FROM users`);
    expect(emails.length).toBeGreaterThan(55);
    expect(emails.filter((email) => !email.endsWith('@example.com'))).toEqual([]);
  });

  test('are added once: a second start finds them and adds nothing', async () => {
    const count = sql`SELECT (SELECT count(*) FROM coupons) AS coupons, (SELECT count(*) FROM events) AS events,
      (SELECT count(*) FROM jobs) AS jobs, (SELECT count(*) FROM users) AS users, (SELECT count(*) FROM sessions) AS sessions`;
    const before = await rows(count);
    const steps: string[] = [];
    await fillDemo(demo.app, (step) => steps.push(step));
    expect([await rows(count), steps]).toEqual([before, []]);
  });
});

test('a demo that is killed while it makes its data completes them at the next start, and says who can sign in', async () => {
  const DATA_DIR = join(temporaryFolder(), 'demo');
  const killed = await launchServer({ DATA_DIR }, { file: DEMO });
  await eventually(() => killed.output().includes('a month of claims'));
  killed.kill('SIGKILL');
  await killed.exited;

  const demo = await launchServer({ DATA_DIR }, { file: DEMO });
  onTestFinished(async () => void (await demo.stop()));
  await eventually(() => demo.output().includes('The demo is ready'));
  for (const text of [demo.url.replace('127.0.0.1', 'localhost'), ADMIN.email, SHOPPER, PASSWORD]) {
    expect(demo.output()).toContain(text);
  }

  const call = async <T>(path: string, token?: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`${demo.url}/api/v1${path}`, {
      ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    });
    return (await answer.json()) as T;
  };
  type List<T> = { items: T[] };
  const credentials = { email: ADMIN.email, password: PASSWORD };
  const { accessToken } = await call<{ accessToken: string }>('/auth/login', undefined, credentials);
  const { items: books } = await call<List<{ id: string }>>('/books', accessToken);
  const stats = await Promise.all(
    books.map(({ id }) => call<{ total: number }>(`/books/${id}/stats`, accessToken)),
  );
  expect(stats.reduce((sum, { total }) => sum + total, 0)).toBe(2000);
  const { items: jobs } = await call<List<{ kind: string }>>('/jobs', accessToken);
  expect(jobs.filter(({ kind }) => kind === 'undo')).toHaveLength(1);
});

describe('the demo refuses, before it starts anything,', () => {
  const folder = () => join(temporaryFolder(), 'demo');
  const start = (env: Record<string, string>) => () =>
    requireDemo(readConfig(demoEnvironment({ DATA_DIR: folder(), ...env })));

  test('to be reached from other machines', async () => {
    for (const HOST of ['0.0.0.0', '::', '192.0.2.1', 'coupons.example.com']) {
      expect(start({ HOST })).toThrow(`not on HOST=${HOST}`);
    }
    expect(start({ PUBLIC_URL: 'https://coupons.example.com' })).toThrow('leave PUBLIC_URL');
    expect(start({ TRUSTED_PROXIES: '127.0.0.1' })).toThrow('leave PUBLIC_URL');
    for (const HOST of ['127.0.0.1', '::1', 'localhost']) expect(start({ HOST })).not.toThrow();
  });

  test('data of others: a database, a folder with something in it, the folder of npm start', () => {
    expect(start({ DATABASE_URL: 'postgres://127.0.0.1:1/coupon_book' })).toThrow('leave DATABASE_URL unset');
    expect(start({ DATABASE_DIRECT_URL: 'postgres://127.0.0.1:1/coupon_book' })).toThrow(
      'leave DATABASE_URL unset',
    );
    expect(start({ DATA_DIR: 'data' })).toThrow('is for npm start');
    const DATA_DIR = folder();
    mkdirSync(join(DATA_DIR, 'postgres'), { recursive: true });
    expect(start({ DATA_DIR })).toThrow('holds other data');
  });

  test('with a sentence and exit code 1', async () => {
    const server = await launchServer({ DATA_DIR: folder(), HOST: '0.0.0.0' }, { file: DEMO });
    expect(await server.exited).toBe(1);
    expect(server.output()).toBe(
      'The demo has passwords that everybody knows. It listens on this machine alone, not on HOST=0.0.0.0: leave HOST unset.\n',
    );
  });
});
