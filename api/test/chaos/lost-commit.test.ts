import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { insertBook } from '../support/nodes.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

interface Write {
  what: string;
  send: (t: TestApp) => Promise<{ url: string; as: 'admin' | 'user'; payload: object }>;
  status: number;
  /** How often it was done. */
  done: (t: TestApp) => Promise<number>;
}

const count = async (t: TestApp, table: string) => {
  const { rows } = await sql<{ n: number }>`SELECT count(*)::int AS n FROM ${sql.table(table)}`.execute(t.db);
  return rows[0]!.n;
};

const writes: Write[] = [
  {
    what: 'a book is created',
    send: async () => ({ url: '/api/v1/books', as: 'admin', payload: { name: randomUUID() } }),
    status: 201,
    done: (t) => count(t, 'books'),
  },
  {
    what: 'a job is started',
    send: async (t) => {
      const { id } = await insertBook(t.db, 0);
      return { url: `/api/v1/books/${id}/codes/generate`, as: 'admin', payload: { count: 5 } };
    },
    status: 202,
    done: (t) => count(t, 'jobs'),
  },
  {
    what: 'a coupon is assigned',
    send: async (t) => {
      const { id } = await insertBook(t.db, 5);
      return { url: '/api/v1/coupons/assign/random', as: 'user', payload: { bookId: id } };
    },
    status: 200,
    done: (t) => count(t, 'events'),
  },
];

test.each(writes)(
  'when the answer to the COMMIT is lost while $what, the repeat gets the answer of the first time at once',
  async ({ send, status, done }) => {
    const proxy = await startTcpProxy(database.url);
    // It runs no jobs itself: the next COMMIT is the one of the request.
    const t = await startTestApp({
      databaseUrl: proxy.url,
      config: { jobConcurrency: 0, logLevel: 'silent', databaseDirectUrl: database.url },
    });
    try {
      const people: Record<string, TestUser> = { admin: await t.asAdmin(), user: await t.asUser() };
      const { url, as, payload } = await send(t);
      const headers = { ...people[as]!.headers, 'idempotency-key': randomUUID() };
      const post = () => t.app.inject({ method: 'POST', url, headers, payload });
      const before = await done(t);

      const lost = proxy.loseNextCommit();
      const first = await post();
      await lost;
      expect(first.statusCode).toBe(503);
      expect(first.headers['retry-after']).toBeTruthy();

      const repeats = await Promise.all([post(), post(), post()]);
      const told = repeats.filter(({ statusCode }) => statusCode === status);
      // Of repeats that meet each other in the database, one is answered and the others are told to come again.
      expect(told.length).toBeGreaterThan(0);
      for (const { statusCode } of repeats) expect([status, 409]).toContain(statusCode);
      const again = await post();
      expect(again.statusCode).toBe(status);
      for (const { body, headers: answered } of [...told, again]) {
        expect(body).toBe(again.body);
        expect(answered['idempotent-replayed']).toBe('true');
      }
      expect(await done(t)).toBe(before + 1);
    } finally {
      await t.close();
    }
  },
);
