import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { selectModules } from '../../src/modules/index.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { checkInvariants } from '../support/invariants.ts';
import {
  assignRandom,
  command,
  insertBook,
  type Nodes,
  type Reply,
  startNodes,
  tally,
  type TestBook,
  times,
} from '../support/nodes.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

let t: Nodes;
let database: TestDatabase;
beforeAll(async () => {
  t = await startNodes({ patient: false });
  database = await createTestDatabase();
});
afterAll(async () => {
  await t.close();
  await database.drop();
});

const eventsOf = async (db: TestApp['db'], { id }: TestBook) => {
  const { rows } = await sql<{
    n: number;
  }>`SELECT count(*)::int AS n FROM events WHERE book_id = ${id}`.execute(db);
  return rows[0]!.n;
};

test.each([
  { what: 'a book', statement: 'SELECT FROM books WHERE id = $1 FOR UPDATE' },
  {
    what: 'all counters of a book',
    statement: 'SELECT FROM book_user_counters WHERE book_id = $1 FOR UPDATE',
  },
])(
  'somebody holds $what: everybody is answered while it is held, nothing is done afterwards, other books go on',
  async ({ statement }) => {
    const [held, other] = [await insertBook(t.db, 200), await insertBook(t.db, 200)];
    const users = await t.users(60);
    // All have a counter, so that there is one to wait for.
    for (const user of users) await assignRandom(t.node(0), user, held.id);
    const holder = await t.connect();
    await holder.query('BEGIN');
    await holder.query(statement, [held.id]);

    const keys = users.map(() => randomUUID());
    const claim = (n: number) => assignRandom(t.node(0), users[n]!, held.id, {}, keys[n]);
    const waiting = times(60, claim);
    let answered = 0;
    for (const one of waiting) void one.then(() => (answered += 1));
    const besides = await Promise.all(users.map((user) => assignRandom(t.node(0), user, other.id)));
    expect(tally(besides)).toEqual({ '200': 60 });
    expect(answered, 'other books do not wait for it').toBeLessThan(60);

    // Only when all have been answered is it let go.
    expect(tally(await Promise.all(waiting))).toEqual({ '503 unavailable': 60 });
    await holder.query('ROLLBACK');
    expect(await eventsOf(t.db, held)).toBe(60);

    for (const n of times(60, (i) => i)) expect((await claim(n)).status).toBe(200);
    expect(await eventsOf(t.db, held)).toBe(120);
    await checkInvariants(t.db, { bookIds: [held.id, other.id] });
  },
);

type Send = (app: TestApp, user: TestUser, book: TestBook, n: number, key?: string) => Promise<Reply>;
const commands: { name: string; prepare?: Send; send: Send }[] = [
  { name: 'random assignments', send: (app, user, { id }, _n, key) => assignRandom(app, user, id, {}, key) },
  {
    name: 'assignments by code',
    send: (app, user, { codes }, n, key) => command(app, user, 'assign', codes[n]!, {}, key),
  },
  {
    name: 'locks',
    prepare: (app, user, { codes }, n) => command(app, user, 'assign', codes[n]!),
    send: (app, user, { codes }, n, key) => command(app, user, 'lock', codes[n]!, {}, key),
  },
];

test.each(commands)(
  'a connection that says nothing any more does not hold up the $name behind it',
  async ({ prepare, send }) => {
    const proxy = await startTcpProxy(database.url);
    const app = await startTestApp({
      databaseUrl: proxy.url,
      modules: selectModules(['coupons']),
      // With another address for sessions no statement is prepared: the proxy can read each COMMIT.
      config: { rateLimitScale: 10_000, logLevel: 'silent', databaseDirectUrl: database.url },
    });
    onTestFinished(() => app.close());
    const book = await insertBook(app.db, 30);
    const users = await Promise.all(times(10, () => app.asUser()));
    if (prepare) for (const [n, user] of users.entries()) await prepare(app, user, book, n);

    const key = randomUUID();
    const silenced = proxy.silenceNextCommit();
    const order: string[] = [];
    const stuck = send(app, users[0]!, book, 0, key).finally(() => order.push('stuck'));
    await silenced;
    const rest = users.slice(1).map(async (user, n) => {
      const reply = await send(app, user, book, n + 1);
      order.push('behind it');
      return reply;
    });
    expect(tally(await Promise.all(rest))).toEqual({ '200': 9 });
    expect(tally([await stuck])).toEqual({ '503 unavailable': 1 });
    expect(order.at(-1), 'those behind it did not wait for it').toBe('stuck');
    // The database still has its transaction, for a while.
    const again = await eventually(async () => {
      const reply = await send(app, users[0]!, book, 0, key);
      return reply.status === 200 ? reply : undefined;
    });
    expect(again.headers['idempotent-replayed']).toBeUndefined();
    await checkInvariants(app.db, { bookIds: [book.id] });
  },
);

test('a database that says nothing: every kind of request is answered while it is silent, and nothing is done afterwards', async () => {
  const proxy = await startTcpProxy(database.url);
  const app = await startTestApp({
    databaseUrl: proxy.url,
    config: { rateLimitScale: 10_000, logLevel: 'silent', jobConcurrency: 0 },
  });
  onTestFinished(() => app.close());
  const [admin, user, book] = [await app.asAdmin(), await app.asUser(), await insertBook(app.db, 30)];
  await app.app.inject({ url: '/api/v1/coupons', headers: user.headers });

  const name = randomUUID();
  const requests: [TestUser | null, string, object?][] = [
    [user, '/coupons'],
    [admin, '/books'],
    [admin, '/jobs'],
    [admin, '/books', { name }],
    [admin, `/books/${book.id}/codes/generate`, { count: 5 }],
    [admin, `/coupons/unassign/${book.codes[0]}`, {}],
    [user, '/coupons/assign/random', { bookId: book.id }],
    [user, `/coupons/assign/${book.codes[1]}`, {}],
    [user, `/coupons/lock/${book.codes[2]}`, {}],
    [null, '/auth/login', { email: user.email, password: 'a long and unusual sentence' }],
  ];
  proxy.silence();
  const replies = await Promise.all(
    requests.map(([who, path, payload]) =>
      app.app.inject({
        method: payload ? 'POST' : 'GET',
        url: `/api/v1${path}`,
        headers: { ...who?.headers, 'idempotency-key': randomUUID() },
        payload,
      }),
    ),
  );
  expect(replies.map(({ statusCode }) => statusCode)).toEqual(requests.map(() => 503));
  expect(replies.every(({ headers }) => Number(headers['retry-after']) > 0)).toBe(true);
  proxy.speak();
  await eventually(async () => {
    const { statusCode } = await app.app.inject({ url: '/api/v1/coupons', headers: user.headers });
    return statusCode === 200;
  });
  expect(await eventsOf(app.db, book)).toBe(0);
  const { rows } = await sql`SELECT FROM books WHERE name = ${name}`.execute(app.db);
  expect(rows).toHaveLength(0);
});
