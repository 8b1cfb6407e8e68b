import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { openStream, type StreamClient } from '../../race/event-stream.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrate.ts';
import { eventually } from '../support/eventually.ts';
import { type Fleet, openFleet } from '../support/fleet.ts';
import { findBrokenInvariants } from '../support/invariants.ts';
import { installPreviousVersion, type PreviousVersion } from '../support/previous-version.ts';
import { launchServer, type ServerProcess, untilReady } from '../support/server.ts';
import { rowsOf, setStage, type Stage } from '../support/stage.ts';
import { withDatabase } from '../support/test-postgres.ts';

const CLIENTS = 4;
const CODES = 60_000;
const GENERATED = 10_000;
const MEMBERS = 500;
const ADMIN = { email: 'boss@example.org', password: 'a password of the boss' };

let previous: PreviousVersion;
beforeAll(async () => {
  previous = await installPreviousVersion();
});
afterAll(() => previous.remove());

interface Job {
  id: string;
  kind: string;
  status: string;
  result: Record<string, number>;
}

/** A database as somebody has it who installs the previous version: with nothing in it. */
async function createEmptyDatabase(): Promise<string> {
  const adminUrl = inject('adminUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await rowsOf(adminUrl, `CREATE DATABASE ${name}`);
  onTestFinished(() => rowsOf(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`).then(() => undefined));
  return withDatabase(adminUrl, name);
}

/** Users who claim, lock and redeem, and people who look, until they are told to stop. */
function startTraffic(fleet: Fleet, { bookId, users, admin }: Stage) {
  const stopping = new AbortController();
  const redeemed: string[] = [];

  async function spend(user: Stage['users'][number]): Promise<void> {
    const command = (path: string, body: object) =>
      fleet.send<{ code: string; state: string }>(`/api/v1/coupons/${path}`, user.headers, body);
    while (!stopping.signal.aborted) {
      const { code } = (await command('assign/random', { bookId })).body;
      expect((await command(`lock/${code}`, {})).body).toMatchObject({ code, state: 'LOCKED' });
      expect((await command(`redeem/${code}`, {})).body).toMatchObject({ code, state: 'REDEEMED' });
      redeemed.push(code);
    }
  }

  async function look(): Promise<void> {
    const paths = [
      ...['/books?include=stats', '/jobs', '/users?limit=5', '/events?limit=5', '/redemptions?limit=5'],
      ...['/stats', '/pools', `/books/${bookId}/coupons?limit=5`, '/books/held', '/coupons?limit=5'],
    ];
    while (!stopping.signal.aborted) {
      const { body } = await fleet.send<{ accessToken: string }>('/api/v1/auth/login', {}, ADMIN);
      const session = { authorization: `Bearer ${body.accessToken}` };
      for (const path of paths) {
        await fleet.send(`/api/v1${path}`, session);
        await fleet.send(`/api/v1${path}`, admin.headers);
      }
    }
  }

  const ended = Promise.all([...users.map(spend), look()]);
  ended.catch(() => undefined); // Whoever stops it sees it.
  return {
    redeemed,
    /** Waits until users have redeemed so many more. */
    redeemMore: async (count: number) => {
      const goal = redeemed.length + count;
      await Promise.race([eventually(() => redeemed.length >= goal), ended]);
    },
    stop: () => {
      stopping.abort();
      return ended;
    },
  };
}

/** Follows the live stream from one process to the next. @returns the ids of the events that came */
function follow(fleet: Fleet, headers: Record<string, string>): { ids: Set<number>; stop: () => void } {
  const ids = new Set<number>();
  let [lastEventId, over, cut]: [string | undefined, boolean, () => void] = [undefined, false, () => {}];
  void (async () => {
    while (!over) {
      const stream: StreamClient | undefined = await openStream(fleet.url(), {
        headers,
        ...(lastEventId !== undefined && { lastEventId }),
        onMessage: ({ event, data }) => void (event === '' && ids.add(data.id)),
      }).catch(() => undefined);
      if (stream?.status !== 200) continue;
      cut = () => stream.cut();
      await stream.ended;
      lastEventId = stream.lastEventId();
    }
  })();
  return {
    ids,
    stop: () => {
      over = true;
      cut();
    },
  };
}

/** A new database, and servers of both versions on it. */
async function openInstallation() {
  const url = await createEmptyDatabase();
  const env = {
    ...{ DATABASE_URL: url, DRAIN_SECONDS: '1', SWEEP_SECONDS: '1' },
    ...{ ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password },
  };
  const fleet = openFleet();
  /** It gets traffic as soon as it is ready. */
  const launch = async (
    name: string,
    options: { file?: string } = {},
    more: Record<string, string> = {},
  ): Promise<ServerProcess> => {
    const server = await launchServer({ ...env, ...more }, options);
    await untilReady(server);
    fleet.add(name, server);
    return server;
  };
  return {
    url,
    fleet,
    start: (name = 'new') => launch(name),
    startPrevious: (name = 'previous') => launch(name, { file: previous.monolith }, previous.env),
    retire: async (server: ServerProcess) => {
      fleet.remove(server);
      expect(await server.stop()).toBe(0);
    },
  };
}

/** Work for jobs, by whichever process takes them: makes a pool, and each call stores codes in a new book and gives them to the pool. */
async function prepareWork(url: string, fleet: Fleet, admin: Stage['admin']): Promise<() => Promise<void>> {
  const ask = <T>(path: string, body?: object) => fleet.send<T>(`/api/v1${path}`, admin.headers, body);
  const { id: poolId } = (await ask<{ id: string }>('/pools', { name: 'Everybody' })).body;
  await rowsOf(
    url,
    `WITH made AS (INSERT INTO users (email) SELECT 'member-' || n || '@example.org' FROM generate_series(1, ${MEMBERS}) AS n RETURNING id)
     INSERT INTO pool_users (pool_id, user_id) SELECT $1, id FROM made`,
    [poolId],
  );
  const ended = async (path: string, body: object): Promise<Job> => {
    const { id } = (await ask<Job>(path, body)).body;
    return eventually(async () => {
      const job = (await ask<Job>(`/jobs/${id}`)).body;
      return ['completed', 'failed', 'cancelled'].includes(job.status) ? job : undefined;
    });
  };
  return async () => {
    const { id: bookId } = (await ask<{ id: string }>('/books', { name: `Book ${randomUUID()}` })).body;
    expect(await ended(`/books/${bookId}/codes/generate`, { count: GENERATED })).toMatchObject({
      status: 'completed',
      result: { stored: GENERATED },
    });
    expect(await ended(`/pools/${poolId}/distribute`, { bookId, mode: 'equal', perUser: 3 })).toMatchObject({
      status: 'completed',
      result: { assigned: 3 * MEMBERS },
    });
  };
}

async function expectNothingBroken(url: string): Promise<void> {
  const db = openDatabase({
    url: () => url,
    ...{ poolSize: 2, maxWaiting: 10, acquireTimeoutMs: 60_000, statementTimeoutMs: 60_000 },
    ...{ onIdleError: () => undefined, onReturn: () => undefined },
  });
  expect(await findBrokenInvariants(db)).toEqual([]);
  await db.destroy();
}

test('an upgrade and the way back, beside the previous version and under load: nothing is lost, and nobody sees an error', async () => {
  const { url, fleet, start, startPrevious, retire } = await openInstallation();
  const old = await startPrevious();
  const versions = await rowsOf<{ name: string }>(url, 'SELECT name FROM migrations');
  const stage = await setStage(url, { users: CLIENTS, codes: CODES, limit: CODES });
  const stream = follow(fleet, stage.admin.headers);
  const traffic = startTraffic(fleet, stage);
  const work = await prepareWork(url, fleet, stage.admin);
  const jobs: Promise<void>[] = [];
  const startWork = () => {
    const job = work();
    job.catch(() => undefined); // Seen at the end.
    jobs.push(job);
  };

  await traffic.redeemMore(100);
  startWork();
  const startedAt = performance.now();
  const now = await start();
  const readyAfter = performance.now() - startedAt;
  startWork();
  await traffic.redeemMore(200); // Both versions serve.
  await retire(old);
  await traffic.redeemMore(100);

  const again = await startPrevious('previous, again');
  startWork();
  await traffic.redeemMore(200);
  await retire(now);
  await traffic.redeemMore(100);
  const last = await start('new, again');
  startWork();
  await retire(again);
  await traffic.redeemMore(100);

  await Promise.all(jobs);
  await traffic.stop();
  expect(fleet.wrong).toEqual([]);

  const given = await rowsOf<{ code: string }>(
    url,
    `SELECT code FROM coupons WHERE book_id = $1 AND state = 'REDEEMED' ORDER BY code`,
    [stage.bookId],
  );
  expect(given.map(({ code }) => code)).toEqual(traffic.redeemed.toSorted());
  await expectNothingBroken(url);
  const [{ events }] = await rowsOf<{ events: number }>(url, 'SELECT count(*)::int AS events FROM events');
  await eventually(() => stream.ids.size >= events);
  stream.stop();
  expect(stream.ids.size).toBe(events);
  await retire(last);

  expect(await migrate(url)).toEqual([]);
  const applied = await rowsOf<{ name: string }>(url, 'SELECT name FROM migrations');
  console.log(
    `Upgraded by ${applied.length - versions.length} migrations, ready after ${(readyAfter / 1000).toFixed(1)} s: ` +
      `${traffic.redeemed.length} coupons redeemed meanwhile, ${events} events, ${jobs.length} jobs. ` +
      `Longest wait ${(fleet.longestMs() / 1000).toFixed(1)} s. Answers by status: ${JSON.stringify(fleet.answers)}`,
  );
});

test('when the old indexes are gone, the way back is what docs/upgrade.md says, and the next upgrade works', async () => {
  const { url, fleet, start, startPrevious, retire } = await openInstallation();
  await retire(await startPrevious());
  const alone = await start();
  const [{ old }] = await rowsOf<{ old: string | null }>(
    url,
    `SELECT to_regclass('coupons_code_key') AS old`,
  );
  expect(old).toBeNull();
  await retire(alone);

  const guide = readFileSync(new URL('../../../docs/upgrade.md', import.meta.url), 'utf8');
  const [, statements] = /<!-- back: 0\.1 -->\s+```sql\n(.+?)```/s.exec(guide)!;
  for (const statement of statements!.trim().split('\n')) await rowsOf(url, statement);
  const back = await startPrevious();
  const stage = await setStage(url, { users: CLIENTS, codes: CODES, limit: CODES });
  const work = await prepareWork(url, fleet, stage.admin);
  const traffic = startTraffic(fleet, stage);
  await traffic.redeemMore(20);
  await work();
  const again = await start();
  await work();
  await retire(back);
  await work();
  await traffic.stop();
  await retire(again);
  expect(fleet.wrong).toEqual([]);
  await expectNothingBroken(url);
});
