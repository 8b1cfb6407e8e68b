import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import pg from 'pg';
import { SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openStream, type StreamClient, type StreamOptions } from '../../race/event-stream.ts';
import { selectModules } from '../../src/modules/index.ts';
import { signingKeys } from '../../src/access/signing-keys.ts';
import { startTestApp, type TestApp, type TestAppOptions, type TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { holdAllUsers } from '../support/held-locks.ts';
import { assignRandom, command, insertBook, type Reply } from '../support/nodes.ts';

interface Node extends TestApp {
  url: string;
}

async function startNode(options: TestAppOptions = {}): Promise<Node> {
  const node = await startTestApp({
    modules: selectModules(['accounts', 'coupons', 'history']),
    config: { rateLimitScale: 10_000, sweepSeconds: 0 },
    ...options,
  });
  return { ...node, url: await node.app.listen({ port: 0, host: '127.0.0.1' }) };
}

let a: Node;
let b: Node;
let admin: TestUser;
/** Open from the first test to the last. */
let patient: StreamClient;

beforeAll(async () => {
  a = await startNode();
  b = await startNode({ databaseUrl: a.databaseUrl });
  admin = await a.asAdmin();
  const nobody = await a.asUser();
  patient = await openStream(a.url, { headers: nobody.headers });
});
afterAll(async () => {
  await b?.close();
  await a?.close();
});

/** A stream that has said that it is ready. */
async function listen(node: Node, as: TestUser, options: Omit<StreamOptions, 'headers'> = {}) {
  const stream = await openStream(node.url, { headers: as.headers, ...options });
  onTestFinished(() => stream.cut());
  expect(stream.status).toBe(200);
  await eventually(() => stream.messages.some(({ event }) => event === 'ready' || event === 'reset'));
  return stream;
}

async function connect(): Promise<pg.Client> {
  const client = new pg.Client(a.databaseUrl);
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return client;
}

const types = (stream: StreamClient) => stream.changes().map(({ type }) => type);
const ids = (stream: StreamClient) => stream.changes().map(({ id }) => id);

/** A command that is sent until it is done: so many at once are too much for a busy machine. */
function done(send: (key: string) => Promise<Reply>): Promise<Reply> {
  const key = randomUUID();
  return eventually(async () => {
    const reply = await send(key);
    return reply.status === 200 ? reply : undefined;
  });
}

/** What a transition writes, `count` times. */
const insertEvents = (userId: string, bookId: string, count = 1, bytes = 0) => `
  INSERT INTO events (type, book_id, coupon_id, user_id, actor_id, occurred_at, data)
  SELECT 'coupon.locked', '${bookId}', 1, '${userId}', '${userId}', clock_timestamp(),
         jsonb_build_object('filling', repeat('x', ${bytes}))
  FROM generate_series(1, ${count})`;

const recorded = async (bookId: string) =>
  (
    await sql<{ id: number }>`SELECT id FROM events WHERE book_id = ${bookId} ORDER BY id`.execute(a.db)
  ).rows.map(({ id }) => id);

describe('what a stream tells', () => {
  test('is each change of an own coupon, on whichever node it was made, with the coupon as it is now', async () => {
    const book = await insertBook(a.db, 1);
    const [code] = book.codes;
    const user = await a.asUser();
    const stream = await listen(a, user);
    expect(stream.headers).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'x-request-id': expect.any(String),
      'content-security-policy': expect.any(String),
    });
    await command(b, user, 'assign', code!);
    await eventually(() => stream.changes().length === 1);
    await command(b, user, 'lock', code!);
    await eventually(() => stream.changes().length === 2);
    const answer = await command(a, user, 'redeem', code!);
    const change = await eventually(() => stream.changes()[2]);
    const { serverTime: _, ...coupon } = answer.body;
    expect(change).toEqual({
      id: expect.any(Number),
      type: 'coupon.redeemed',
      occurredAt: expect.stringMatching(/Z$/),
      bookId: book.id,
      code,
      userId: user.id,
      actorId: user.id,
      data: expect.objectContaining({ state: 'REDEEMED' }),
      coupon: { ...coupon, serverTime: expect.any(String) },
    });
    expect(types(stream)).toEqual(['coupon.assigned', 'coupon.locked', 'coupon.redeemed']);
  });

  test('is never about coupons of others, to a USER', async () => {
    const book = await insertBook(a.db, 20);
    const [user, other] = [await a.asUser(), await a.asUser()];
    const stream = await listen(a, user);
    for (let n = 0; n < 5; n += 1) await assignRandom(a, other, book.id);
    const [mine] = book.codes;
    const { body } = await assignRandom(b, user, book.id);
    await eventually(() => stream.changes().length > 0);
    expect(stream.changes().map(({ code }) => code)).toEqual([body.code]);
    expect(JSON.stringify(stream.messages)).not.toContain(other.id);
    expect(mine).toBeDefined();
  });

  test('includes that a coupon was taken away, without what it has become', async () => {
    const book = await insertBook(a.db, 1);
    const user = await a.asUser();
    await command(a, user, 'assign', book.codes[0]!);
    const [stream, all] = [await listen(a, user), await listen(a, admin, { query: `?bookId=${book.id}` })];
    await a.app.inject({
      method: 'POST',
      url: `/api/v1/coupons/unassign/${book.codes[0]}`,
      headers: admin.headers,
    });
    const isLast = ({ type }: { type: string }) => type === 'coupon.unassigned';
    const change = await eventually(() => stream.changes().find(isLast));
    expect(change).toMatchObject({ code: book.codes[0], coupon: null });
    const seen = await eventually(() => all.changes().find(isLast));
    expect(seen).toMatchObject({ coupon: { state: 'UNASSIGNED', actions: ['assign'] } });
  });

  test('is everything to an ADMIN, or what concerns one book', async () => {
    const [one, two] = [await insertBook(a.db, 3), await insertBook(a.db, 3)];
    const user = await a.asUser();
    const all = await listen(a, admin);
    const some = await listen(b, admin, { query: `?bookId=${two.id}` });
    for (const { id } of [one, two]) for (let n = 0; n < 3; n += 1) await assignRandom(a, user, id);
    const books = (stream: StreamClient) => stream.changes().map(({ bookId }) => bookId);
    await eventually(() => books(all).filter((id) => id === one.id || id === two.id).length === 6);
    await eventually(() => books(some).length === 3);
    expect(new Set(books(some))).toEqual(new Set([two.id]));
    expect(some.changes()[0]).toMatchObject({
      coupon: { actions: expect.arrayContaining(['lock']), ownerId: user.id },
    });
  });

  test('needs a token, and a query that is known', async () => {
    const refused = async (headers: Record<string, string>, query = '') => {
      const stream = await openStream(a.url, { headers, query });
      await stream.ended;
      return [stream.status, (JSON.parse(stream.body()) as { code: string }).code];
    };
    expect(await refused({})).toEqual([401, 'unauthenticated']);
    expect(await refused(admin.headers, '?book=1')).toEqual([400, 'invalid-request']);
    expect(await refused(admin.headers, '?bookId=1')).toEqual([400, 'invalid-request']);
    const gone = await a.asUser({ disabled: true });
    expect(await refused(gone.headers)).toEqual([401, 'unauthenticated']);
  });
});

describe('nothing is missed and nothing comes twice', () => {
  test('when a transaction commits later than one with higher ids', async () => {
    const { id: bookId } = await insertBook(a.db, 0);
    const user = await a.asUser();
    const stream = await listen(a, user);
    const [early, late] = [await connect(), await connect()];
    await late.query('BEGIN');
    await late.query(insertEvents(user.id, bookId, 2));
    await early.query(insertEvents(user.id, bookId, 2));
    const [first, second, third, fourth] = [1, 2, 3, 4].map((_, n) => n);
    await eventually(() => stream.changes().length === 2);
    await late.query('COMMIT');
    await eventually(() => stream.changes().length === 4);
    const all = await recorded(bookId);
    expect(ids(stream)).toEqual([third, fourth, first, second].map((n) => all[n!]));
  });

  test('when the late one was running while the connection was cut', async () => {
    const { id: bookId } = await insertBook(a.db, 0);
    const user = await a.asUser();
    const first = await listen(a, user);
    const [early, late] = [await connect(), await connect()];
    await late.query('BEGIN');
    await late.query(insertEvents(user.id, bookId));
    await early.query(insertEvents(user.id, bookId));
    await eventually(() => first.changes().length === 1);
    first.cut();
    await early.query(insertEvents(user.id, bookId));
    await late.query('COMMIT');
    const second = await listen(b, user, { lastEventId: first.lastEventId() });
    expect(second.messages.at(-1)).toMatchObject({ event: 'ready', data: { resumed: true } });
    expect([...ids(first), ...ids(second)].sort((x, y) => x - y)).toEqual(await recorded(bookId));
  });

  test('wherever the connection is cut and whichever node it comes back to, while many write', async () => {
    const { id: bookId } = await insertBook(a.db, 0);
    const writers = await Promise.all([1, 2, 3, 4].map(connect));
    let [written, cuts, committed] = [false, 0, 0];
    const seen: number[] = [];
    // Far fewer than what a stream gives up on: on a slow machine the writers wait for the reader.
    const readerFollows = () => eventually(() => committed - seen.length < 1_500);
    const writing = Promise.all(
      writers.map(async (client, writer) => {
        for (let n = 0; n < 60 || (cuts < 12 && n < 10_000); n += 1) {
          await readerFollows();
          const lasting = (n + writer) % 5 === 0;
          const count = 1 + Math.floor(Math.random() * 12);
          if (lasting) await client.query('BEGIN');
          await client.query(insertEvents(admin.id, bookId, count));
          if (lasting) await client.query(insertEvents(admin.id, bookId, 3));
          if (lasting) await client.query(n % 10 === 0 ? 'ROLLBACK' : 'COMMIT');
          if (!lasting || n % 10 !== 0) committed += count + (lasting ? 3 : 0);
        }
      }),
    ).then(() => (written = true));

    let lastEventId: string | undefined;
    const readUntilCut = async (after: number) => {
      let left = after;
      const stream = await openStream((cuts % 2 ? a : b).url, {
        headers: admin.headers,
        query: `?bookId=${bookId}`,
        lastEventId,
        onMessage(message, client) {
          expect(message.event).not.toBe('reset');
          if (message.event === '') {
            seen.push(message.data.id);
            left -= 1;
          }
          if (left === 0) client.cut();
        },
      });
      cuts += 1;
      const total = written ? (await recorded(bookId)).length : Infinity;
      await eventually(() => left <= 0 || seen.length >= total || stream.isEnded());
      stream.cut();
      lastEventId = stream.lastEventId();
    };
    ({ lastEventId } = await (async () => {
      const start = await listen(a, admin, { query: `?bookId=${bookId}` });
      start.cut();
      return { lastEventId: start.lastEventId() };
    })());
    while (!written) await readUntilCut(1 + Math.floor(Math.random() * 40));
    await writing;
    await readUntilCut(Infinity);
    const all = await recorded(bookId);
    expect(cuts).toBeGreaterThan(3);
    expect(seen.length).toBe(new Set(seen).size);
    expect([...seen].sort((x, y) => x - y)).toEqual(all);
  });

  test('for 200 clients at once', async () => {
    const book = await insertBook(a.db, 400);
    const crowd = await Promise.all(Array.from({ length: 200 }, () => a.asUser()));
    const streams = await Promise.all(crowd.map((user, n) => listen(n % 2 ? a : b, user)));
    await Promise.all(
      [...crowd, ...crowd].map(async (user, n) => {
        const { body } = await done((key) => assignRandom(n % 3 ? a : b, user, book.id, {}, key));
        await done((key) => command(a, user, 'lock', body.code as string, {}, key));
      }),
    );
    await eventually(() => streams.every((stream) => stream.changes().length >= 4));
    const { rows } = await sql<{ userId: string; ids: number[] }>`
      SELECT user_id AS "userId", array_agg(id::int ORDER BY id) AS ids FROM events WHERE book_id = ${book.id}
      GROUP BY user_id`.execute(a.db);
    const owed = new Map(rows.map((row) => [row.userId, row.ids]));
    streams.forEach((stream, n) => {
      // Of two nodes, the one with the higher ids may commit first. What happened to one coupon comes in its order.
      expect(ids(stream).toSorted((x, y) => x - y)).toEqual(owed.get(crowd[n]!.id));
      for (const code of new Set(stream.changes().map((change) => change.code)))
        expect(
          stream
            .changes()
            .filter((change) => change.code === code)
            .map(({ type }) => type),
        ).toEqual(['coupon.assigned', 'coupon.locked']);
    });
  });
});

describe('a place that cannot be continued', () => {
  test.each(['nonsense', '1.2', '1.2.3.4', '0-5.0.1', 'zzzzzzzzzzz.zzzzzzzzzzz.1', '5.3.1'])(
    'is answered with a reset: %s',
    async (lastEventId) => {
      const stream = await listen(a, admin, { lastEventId });
      expect(stream.messages).toMatchObject([{ event: 'reset', data: { reason: 'unknown-position' } }]);
      const again = await listen(a, admin, { lastEventId: stream.lastEventId() });
      expect(again.messages.at(-1)).toMatchObject({ event: 'ready', data: { resumed: true } });
    },
  );

  test('also when too much has happened since', async () => {
    const { id: bookId } = await insertBook(a.db, 0);
    const user = await a.asUser();
    const first = await listen(a, user);
    first.cut();
    const witness = await listen(a, admin, { query: `?bookId=${bookId}` });
    await sql.raw(insertEvents(user.id, bookId, 5_001)).execute(a.db);
    await eventually(() => witness.changes().length === 5_001);
    const second = await listen(a, user, { lastEventId: first.lastEventId() });
    expect(second.messages).toMatchObject([{ event: 'reset', data: { reason: 'too-many-events' } }]);
    await sql.raw(insertEvents(user.id, bookId)).execute(a.db);
    await eventually(() => second.changes().length === 1);
  });

  test('nor when too much has happened at once, for whoever listens', async () => {
    const { id: bookId } = await insertBook(a.db, 0);
    const user = await a.asUser();
    const stream = await listen(a, user);
    await (await connect()).query(insertEvents(user.id, bookId, 50_001)); // Takes longer than the pool's time-out, on some machines.
    await eventually(() => stream.messages.some(({ event }) => event === 'reset'));
    expect(stream.messages.at(-1)).toMatchObject({ event: 'reset', data: { reason: 'too-many-events' } });
    expect(stream.changes()).toEqual([]);
    await sql.raw(insertEvents(user.id, bookId)).execute(a.db);
    await eventually(() => stream.changes().length === 1);
  });
});

describe('a stream ends', () => {
  test('when its access token expires', async () => {
    const user = await a.asUser();
    const key = await signingKeys(a.db, () => undefined).current();
    const token = await new SignJWT({ role: 'USER' })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: key.id })
      .setIssuer('coupon-book')
      .setAudience('coupon-book')
      .setSubject(user.id)
      .setIssuedAt()
      .setExpirationTime('5s')
      .sign(key.privateKey);
    const stream = await listen(a, { ...user, headers: { authorization: `Bearer ${token}` } });
    await stream.ended;
    expect(stream.messages.at(-1)).toMatchObject({ event: 'end', data: { reason: 'token-expired' } });
  });

  test.each([
    ['disabled', (id: string) => sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${id}`],
    ['given another role', (id: string) => sql`UPDATE users SET role = 'USER' WHERE id = ${id}`],
  ])('when its account is %s', async (_, change) => {
    const other = await a.asAdmin();
    const stream = await listen(a, other);
    await change(other.id).execute(a.db);
    await stream.ended;
    expect(stream.messages.at(-1)).toMatchObject({ event: 'end', data: { reason: 'account-changed' } });
    // 403 as long as it is remembered that the account is an administrator's no more, then 401: the token says it is.
    expect([401, 403]).toContain((await openStream(a.url, { headers: other.headers })).status);
  });

  test('when its client does not read, and goes on where that was when it comes back', async () => {
    const { id: bookId } = await insertBook(a.db, 0);
    const user = await a.asUser();
    const node = await startNode({ databaseUrl: a.databaseUrl });
    onTestFinished(() => node.close());
    const stream = await listen(node, user);
    stream.pause();
    await sql.raw(insertEvents(user.id, bookId, 4_000, 8_000)).execute(a.db);
    await eventually(async () => (await streamsOf(node)) === 0);
    stream.resume();
    await stream.ended;
    const again = await listen(b, user, { lastEventId: stream.lastEventId() });
    expect([...ids(stream), ...ids(again)]).toEqual(await recorded(bookId));
    expect(ids(again).length).toBeGreaterThan(0);
  });

  test('with an account that has too many of them', async () => {
    const node = await startNode({ databaseUrl: a.databaseUrl, config: { sweepSeconds: 0 } });
    onTestFinished(() => node.close());
    const user = await a.asUser();
    const streams = await Promise.all(Array.from({ length: 20 }, () => listen(node, user)));
    const refused = await openStream(node.url, { headers: user.headers });
    expect([refused.status, refused.headers['retry-after']]).toEqual([429, '30']);
    // Also when none of those that come at once has been let in yet.
    const another = await a.asUser();
    const holder = await holdAllUsers(a.databaseUrl);
    const opening = Array.from({ length: 40 }, () => openStream(node.url, { headers: another.headers }));
    await eventually(() => holder.isWaitedFor());
    await holder.release();
    const atOnce = await Promise.all(opening);
    expect(atOnce.filter(({ status }) => status === 200)).toHaveLength(20);
    streams[0]!.cut();
    await eventually(async () => (await openStream(node.url, { headers: user.headers })).status === 200);
  });

  test('when its process stops, which it does not hold up', async () => {
    const node = await startNode({ databaseUrl: a.databaseUrl });
    const streams = await Promise.all([1, 2, 3].map(() => listen(node, admin)));
    await node.close();
    for (const stream of streams) {
      await stream.ended;
      expect(stream.messages.at(-1)).toMatchObject({ event: 'end', data: { reason: 'stopping' } });
    }
  });
});

test('a stream that has nothing to tell is kept awake, and its place moves on', async () => {
  await eventually(() => patient.comments() > 0);
  await eventually(() => patient.lastEventId() !== patient.messages[0]!.id);
  expect(patient.changes()).toEqual([]);
  expect(patient.isEnded()).toBe(false);
});

async function streamsOf({ app }: Node): Promise<number> {
  const { body } = await app.inject('/metrics');
  return Number(/^event_streams (\d+)/m.exec(body)![1]);
}
