import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { findProcesses } from '../src/embedded-postgres/processes.ts';
import { type FiguresStage, setFiguresStage } from './figures-stage.ts';
import { loadFor, type LoadResult, type RawRequest } from './raw-load.ts';
import { printTable } from './report.ts';
import { startThrowaway, type Throwaway } from './throwaway.ts';

const SERVER = fileURLToPath(new URL('./server-with-noop.ts', import.meta.url));

export interface FiguresOptions {
  connections: number;
  rounds: number;
  seconds: number;
  /** Folder for a CPU profile of the server. */
  profile: string | undefined;
}

interface Round extends LoadResult {
  perSecond: number;
  /** CPU seconds per second: of the client, the server and PostgreSQL. */
  client: number;
  server: number;
  database: number;
}

/** More than this machine could use up in a second. */
const MOST_PER_SECOND = 9_000;

/**
 * What a server of our own does per second: assign, lock and redeem beside an authenticated route that does nothing. The four take
 * turns, so that a machine that slows down does so for all; the first turn only warms up; what counts is the median. On a machine
 * that others use too, compare the CPU that each request costs (server and PostgreSQL).
 */
export async function figures(options: FiguresOptions): Promise<void> {
  const { connections, rounds, seconds, profile } = options;
  console.log('Starting PostgreSQL (durable) and a server …');
  const throwaway = await startThrowaway({
    nodes: 1,
    file: SERVER,
    flags: profile === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
  });
  try {
    const stage = await setFiguresStage(
      throwaway.databaseUrl,
      Math.ceil((rounds + 1) * seconds * MOST_PER_SECOND),
    );
    const works = createWorks(stage);
    const results = new Map<string, Round[]>(Object.keys(works).map((name) => [name, []]));
    console.log(
      `${connections} connections, ${rounds} rounds of ${seconds} s, ${cpus().length} × ${cpus()[0]!.model.trim()}, ` +
        `Node ${process.versions.node}\n`,
    );
    for (let round = 0; round <= rounds; round += 1) {
      for (const [name, next] of Object.entries(works)) {
        const result = await measure(throwaway, connections, seconds, next);
        if (result.unexpected.size > 0) throw new Error(`${name}: ${[...result.unexpected].join('; ')}`);
        if (round > 0) results.get(name)!.push(result);
      }
    }
    print(results);
    await printBatches(throwaway.nodes[0]!.url);
  } finally {
    await throwaway.remove();
  }
}

/** Each returns the next request of its kind; users take turns, so that those on the way are of different users. */
function createWorks({
  bookId,
  tokens,
  assigned,
  locked,
}: FiguresStage): Record<string, () => RawRequest | undefined> {
  let user = 0;
  const nextToken = () => tokens[user++ % tokens.length]!;
  const post = (path: string, accessToken: string, body: object): RawRequest => ({
    method: 'POST',
    path: `/api/v1/coupons/${path}`,
    accessToken,
    body: JSON.stringify(body),
  });
  const toLock = assigned.values();
  const toRedeem = locked.values();
  return {
    'no-op': () => ({ method: 'GET', path: '/api/v1/noop', accessToken: nextToken() }),
    assign: () => post('assign/random', nextToken(), { bookId }),
    lock() {
      const coupon = toLock.next().value;
      return coupon && post(`lock/${coupon.code}`, tokens[coupon.owner]!, {});
    },
    redeem() {
      const coupon = toRedeem.next().value;
      return coupon && post(`redeem/${coupon.code}`, tokens[coupon.owner]!, {});
    },
  };
}

async function measure(
  { nodes, databaseUrl }: Throwaway,
  connections: number,
  seconds: number,
  next: () => RawRequest | undefined,
): Promise<Round> {
  const database = await databaseProcesses(databaseUrl);
  const before = [ownCpu(), cpuOf([nodes[0]!.pid]), cpuOf(database)];
  const result = await loadFor(nodes[0]!.url, connections, seconds, next);
  const after = [ownCpu(), cpuOf([nodes[0]!.pid]), cpuOf(database)];
  const [client, server, postgres] = after.map((cpu, index) => (cpu - before[index]!) / result.seconds);
  return {
    ...result,
    perSecond: result.answered / result.seconds,
    client: client!,
    server: server!,
    database: postgres!,
  };
}

const ownCpu = () => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

async function databaseProcesses(databaseUrl: string): Promise<number[]> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const all = findProcesses('postgres');
  const postmaster = all.find(({ pid }) => pid === rows[0]!.pid)?.parent;
  await client.end();
  return all.filter(({ parent }) => parent === postmaster).map(({ pid }) => pid);
}

/** CPU seconds so far; 0 where there is no /proc. */
function cpuOf(pids: number[]): number {
  return pids.reduce((sum, pid) => {
    try {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
      return sum + (Number(fields[11]) + Number(fields[12])) / 100;
    } catch {
      return sum;
    }
  }, 0);
}

function print(results: ReadonlyMap<string, Round[]>): void {
  const noop = results.get('no-op')!;
  const rows = [...results].map(([name, rounds]) => {
    const all = rounds.flatMap(({ ms }) => ms).sort((a, b) => a - b);
    const ratio = median(rounds.map(({ perSecond }, index) => perSecond / noop[index]!.perSecond));
    const share = (read: (round: Round) => number) => `${Math.round(median(rounds.map(read)) * 100)} %`;
    return [
      name,
      median(rounds.map(({ perSecond }) => perSecond)).toFixed(0),
      ratio.toFixed(2),
      `${all[Math.floor(all.length / 2)]!.toFixed(1)} ms`,
      `${all[Math.floor(all.length * 0.99)]!.toFixed(1)} ms`,
      `${median(rounds.map(({ server, database, perSecond }) => ((server + database) * 1e6) / perSecond)).toFixed(0)} µs`,
      share(({ client }) => client),
      share(({ server }) => server),
      share(({ database }) => database),
    ];
  });
  printTable(
    ['', 'per second', 'of no-op', 'p50', 'p99', 'CPU each', 'client', 'server', 'PostgreSQL'],
    rows,
  );
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

/** How large the batches were and how long they took, as the server counted them. */
async function printBatches(url: string): Promise<void> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const values = new Map(
    [...text.matchAll(/^coupon_batch_(\w+)\{lane="([\w-]+)"\} (\S+)$/gm)].map(([, name, lane, value]) => [
      `${name} ${lane}`,
      Number(value),
    ]),
  );
  const lanes = [...values.keys()]
    .filter((key) => key.startsWith('size_count '))
    .map((key) => key.split(' ')[1]!);
  const rows = lanes.map((lane) => {
    const batches = values.get(`size_count ${lane}`)!;
    const ms = ((values.get(`seconds_sum ${lane}`) ?? Number.NaN) / batches) * 1000;
    return [
      lane,
      String(batches),
      (values.get(`size_sum ${lane}`)! / batches).toFixed(1),
      `${ms.toFixed(1)} ms`,
    ];
  });
  printTable(['', 'batches', 'mean size', 'mean time'], rows);
}
