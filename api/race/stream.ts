// `node_modules/.bin/node api/race/stream.ts [--clients 2000] [--nodes 1] [--rounds 5]`: users claim, lock and redeem, each with a
// live stream open, on servers and a PostgreSQL of its own. Each must hear of each of their changes exactly once. Half of the
// rounds are without streams, to see what they cost.
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { type Client, forEachOf, openClient } from './client.ts';
import { openStream, type StreamClient } from './event-stream.ts';
import { startThrowaway } from './throwaway.ts';
import { openTokens } from './tokens.ts';

const CONNECTIONS = 128;

interface Rate {
  perSecond: number;
  cpuMs: number;
}

interface Listening {
  id: string;
  headers: { authorization: string };
  stream?: StreamClient;
  /** When each event was heard of, by type and code. */
  heard: Map<string, number>;
}

const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { clients: text, nodes: text, rounds: text } });
const [clients, nodes, rounds] = [values.clients ?? 2_000, values.nodes ?? 1, values.rounds ?? 5].map(Number);

const servers = await startThrowaway({ nodes: nodes! });
const database = new pg.Client(servers.databaseUrl);
const client = openClient(
  servers.nodes.map(({ url }) => url),
  CONNECTIONS,
);
try {
  await database.connect();
  const users = await createUsers(clients!);
  const admin: Listening = { ...(await createUsers(1, 'ADMIN'))[0]! };
  await run(users, 'warm-up');
  const rates: { without: Rate[]; with: Rate[] } = { without: [], with: [] };
  const delays: number[] = [];
  for (let round = 1; round <= rounds!; round += 1) {
    rates.without.push(await run(users, `round ${round} without streams`));
    const before = memory();
    await Promise.all([...users, admin].map((user, n) => listen(user, n)));
    console.log(`round ${round}: memory ${before} MB, with all streams open ${memory()} MB`);
    rates.with.push(await run(users, `round ${round} with ${users.length + 1} streams`, delays));
    await check([...users, admin], round);
  }
  for (const [name, unit] of [
    ['perSecond', 'commands per second'],
    ['cpuMs', "milliseconds of the servers' CPU per command"],
  ] as const) {
    const [without, along] = [rates.without, rates.with].map((list) =>
      median(list.map((rate) => rate[name])),
    );
    console.log(
      `${unit}: ${without!.toFixed(2)} without, ${along!.toFixed(2)} with streams: ${(along! / without!).toFixed(2)}`,
    );
  }
  delays.sort((x, y) => x - y);
  const at = (share: number) => delays[Math.floor((delays.length - 1) * share)]!.toFixed(0);
  console.log(
    `from the answer to the message: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${at(1)} ms (${delays.length} messages)`,
  );
} finally {
  client.close();
  await database.end();
  await servers.remove();
}

async function createUsers(count: number, role: 'USER' | 'ADMIN' = 'USER'): Promise<Listening[]> {
  const { rows } = await database.query<{ id: string }>(
    `INSERT INTO users (email, role) SELECT 'stream-' || gen_random_uuid() || '@example.test', $2 FROM generate_series(1, $1::int)
     RETURNING id`,
    [count, role],
  );
  const tokens = openTokens(servers.databaseUrl);
  const users: Listening[] = [];
  for (const { id } of rows) users.push({ id, headers: await tokens.headers(id, role), heard: new Map() });
  await tokens.close();
  return users;
}

/** Every user gets a coupon of a new book, locks it and redeems it. */
async function run(users: Listening[], name: string, delays?: number[]): Promise<Rate> {
  const { rows } = await database.query<{ id: string }>(
    'INSERT INTO books (name, max_redemptions, lock_ttl_seconds) VALUES ($1, 1, 300) RETURNING id',
    [randomBytes(8).toString('hex')],
  );
  const bookId = rows[0]!.id;
  await database.query(
    `INSERT INTO coupons (book_id, code) SELECT $1, upper(replace(gen_random_uuid()::text, '-', '')) FROM generate_series(1, $2::int)`,
    [bookId, users.length],
  );
  const answered = new Map<string, { user: Listening; at: number }>();
  const [startedAt, cpu] = [performance.now(), cpuMs()];
  await forEachOf(users, CONNECTIONS, async (user) => {
    const { code } = await command(client, user, 'assign/random', { bookId });
    answered.set(`coupon.assigned ${code}`, { user, at: performance.now() });
    await command(client, user, `lock/${code}`);
    answered.set(`coupon.locked ${code}`, { user, at: performance.now() });
    await command(client, user, `redeem/${code}`);
    answered.set(`coupon.redeemed ${code}`, { user, at: performance.now() });
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const commands = 3 * users.length;
  if (delays) {
    await until(() => [...answered].every(([key, { user }]) => user.heard.has(key)), 'not all messages came');
  }
  const rate = { perSecond: commands / seconds, cpuMs: (cpuMs() - cpu) / commands };
  console.log(
    `${name}: ${rate.perSecond.toFixed(0)} commands per second, ${rate.cpuMs.toFixed(2)} ms of CPU each`,
  );
  if (!delays) return rate;
  for (const [key, { user, at }] of answered) delays.push(Math.max(0, user.heard.get(key)! - at));
  return rate;
}

async function command(
  via: Client,
  user: Listening,
  path: string,
  body: object = {},
): Promise<{ code: string }> {
  const answer = await via.require<{ code: string }>(`/api/v1/coupons/${path}`, {
    body,
    headers: user.headers,
  });
  return answer.body;
}

async function listen(user: Listening, n: number): Promise<void> {
  user.heard = new Map();
  const { url } = servers.nodes[n % servers.nodes.length]!;
  const stream = await openStream(url, {
    headers: user.headers,
    onMessage({ event, data }) {
      if (event === '') user.heard.set(`${data.type} ${data.code as string}`, performance.now());
    },
  });
  if (stream.status !== 200) throw new Error(`a stream answered ${stream.status}`);
  user.stream = stream;
  await until(() => stream.messages.length > 0, 'a stream is not ready');
}

/** Compares what each heard with what is recorded since it was ready. */
async function check(users: Listening[], round: number): Promise<void> {
  const { rows } = await database.query<{ user_id: string; ids: number[] }>(
    `SELECT user_id, array_agg(id::int ORDER BY id) AS ids FROM events GROUP BY user_id`,
  );
  const recorded = new Map(rows.map(({ user_id, ids }) => [user_id, ids]));
  const all = [...recorded.values()].flat().sort((x, y) => x - y);
  let wrong = 0;
  for (const { id, stream } of users) {
    const heard = stream!.changes().map((change) => change.id);
    const own = (recorded.get(id) ?? all).filter((event) => event >= Math.min(...heard));
    if (heard.length !== own.length || heard.sort((x, y) => x - y).some((event, n) => event !== own[n]))
      wrong += 1;
    stream!.cut();
  }
  console.log(
    `round ${round}: ${users.length - wrong} of ${users.length} streams told each event exactly once`,
  );
  if (wrong > 0) process.exitCode = 1;
}

async function until(check: () => boolean, otherwise: string): Promise<void> {
  for (const deadline = performance.now() + 60_000; !check(); await new Promise((go) => setTimeout(go, 20))) {
    if (performance.now() > deadline) throw new Error(otherwise);
  }
}

/** Of all servers together, now. */
function memory(): number {
  const kilobytes = servers.nodes.map(({ pid }) =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]),
  );
  return Math.round(kilobytes.reduce((sum, one) => sum + one, 0) / 1024);
}

/** Milliseconds of all servers together so far; the kernel counts in hundredths of a second. */
function cpuMs(): number {
  const ticks = servers.nodes.map(({ pid }) => {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
    return Number(fields[11]) + Number(fields[12]);
  });
  return ticks.reduce((sum, one) => sum + one, 0) * 10;
}

function median(numbers: number[]): number {
  return numbers.toSorted((x, y) => x - y)[Math.floor(numbers.length / 2)]!;
}
