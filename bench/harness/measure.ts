import type pg from 'pg';
import type { Bench, Finding, Measure } from '../program.ts';
import { ratios, type Target } from '../statistics.ts';
import type { LoadWork } from './load.ts';
import { type Product, readCpu } from './product.ts';

/** One turn of a contestant. */
export interface Turn {
  value: number;
  details: Record<string, number>;
}

/** A kind of request, and how many of it have been sent: a coupon can be locked once. */
export interface Requests extends LoadWork {
  sent: number;
  /** Of these, how many were refused as they were meant to be. */
  refused?: number;
}

/** How much load a turn is. */
export interface Extent {
  connections: number;
  seconds?: number;
  count?: number;
}

/** Requests on the product as fast as it answers them: how many per second, and what each cost. */
export async function turnOfLoad(product: Product, requests: Requests, extent: Extent): Promise<Turn> {
  const { server, load, sql } = product;
  const [cpu, groups, wal] = [readCpu(product), await readGroups(server.url), await readWal(sql)];
  const report = await load.run({ url: server.url, work: requests, from: requests.sent, ...extent });
  requests.sent += report.answered;
  requests.refused = (requests.refused ?? 0) + report.refused;
  const [cpuAfter, groupsAfter, walAfter] = [
    readCpu(product),
    await readGroups(server.url),
    await readWal(sql),
  ];
  const each = (seconds: number) => (seconds * 1e6) / report.answered;
  const count = groupsAfter.count - groups.count;
  return {
    value: report.answered / report.seconds,
    details: {
      'p50 ms': report.p50,
      'p99 ms': report.p99,
      'server µs': each(cpuAfter.server - cpu.server),
      'PostgreSQL µs': each(cpuAfter.database - cpu.database),
      'load µs': each(report.cpu),
      'WAL kB': (walAfter - wal) / 1000 / report.answered,
      ...(count > 0 && {
        'group size': (groupsAfter.items - groups.items) / count,
        'group ms': ((groupsAfter.seconds - groups.seconds) * 1000) / count,
      }),
    },
  };
}

/** Bytes that the whole PostgreSQL has logged so far. */
export async function readWal(sql: pg.Client): Promise<number> {
  const { rows } = await sql.query<{ bytes: string }>(
    "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS bytes",
  );
  return Number(rows[0]!.bytes);
}

/** Groups so far, the commands in them and the time they took, as the server counts them. */
async function readGroups(url: string): Promise<{ count: number; items: number; seconds: number }> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\S+)$`, 'gm'))].reduce(
      (total, [, value]) => total + Number(value),
      0,
    );
  return {
    count: sum('coupon_(?:group|batch)_size_count'),
    items: sum('coupon_(?:group|batch)_size_sum'),
    seconds: sum('coupon_(?:group|batch)_seconds_sum'),
  };
}

/**
 * Turns of load until a server runs as it will go on: V8 compiles what runs often, tokens are seen for the first time, memory is touched
 * for the first time. By turns of 2 s an assignment cost the server 778, 430, 326, 220, 195, 177, 206, 170 and 165 µs; after four turns of
 * 3 s it still fell from 159 to 134 in those that counted.
 */
export const WARM_UPS = 7;

/**
 * Lets contestants take turns, A B A B …, so that a machine that slows down does so for all. The first turns of each are to warm up, and
 * not counted; they may be shorter.
 */
export async function alternate<N extends string>(
  { options, log }: Bench,
  { setting, unit = '/s', warmUps = WARM_UPS }: { setting?: string; unit?: string; warmUps?: number },
  contestants: Record<N, (isWarmUp: boolean) => Promise<Turn>>,
): Promise<Record<N, Measure>> {
  const names = Object.keys(contestants) as N[];
  const measures = Object.fromEntries(
    names.map((name) => [name, { name, setting, unit, values: [], details: {} } satisfies Measure]),
  ) as unknown as Record<N, Measure>;
  for (let round = 1 - warmUps; round <= options.rounds; round += 1) {
    const seen: string[] = [];
    for (const name of names) {
      const { value, details } = await contestants[name](round <= 0);
      seen.push(`${name} ${value.toPrecision(4)}${unit}`);
      if (round > 0) addTurn(measures[name], { value, details });
    }
    log(
      `${setting ? `${setting}, ` : ''}${round <= 0 ? 'warm-up' : `round ${round} of ${options.rounds}`}: ${seen.join(', ')}`,
    );
  }
  return measures;
}

export function addTurn(measure: Measure, { value, details }: Turn): void {
  measure.values.push(value);
  for (const [name, detail] of Object.entries(details)) (measure.details[name] ??= []).push(detail);
}

/** Up to which a flush of the disk is fast, and from which it is slow, in milliseconds. */
const FAST_MS = 0.2;
const SLOW_MS = 0.5;

/** At least so much, depending on what a flush of the disk takes: rivals that commit each claim by itself wait for one each. */
export function targetByFlush({ flushMs }: Bench, { fast, slow }: { fast: number; slow: number }): Target {
  const share = Math.min(1, Math.max(0, (flushMs - FAST_MS) / (SLOW_MS - FAST_MS)));
  return { atLeast: Number((fast + share * (slow - fast)).toFixed(1)) };
}

/** A finding: what one of ours costs server and PostgreSQL in CPU, divided by what one of theirs does. */
export const compareCpu = (ours: Measure, theirs: Measure, target?: Target): Finding => ({
  name: `CPU of server and PostgreSQL, ${ours.name} ÷ ${theirs.name}${ours.setting ? `, ${ours.setting}` : ''}`,
  values: ratios(cpuOf(ours), cpuOf(theirs)),
  target,
});

const cpuOf = ({ details }: Measure): number[] =>
  details['server µs']!.map((server, round) => server + details['PostgreSQL µs']![round]!);

/** A finding: ours divided by theirs, round by round. */
export const compare = (ours: Measure, theirs: Measure, target?: Target): Finding => ({
  name: `${ours.name} ÷ ${theirs.name}${ours.setting ? `, ${ours.setting}` : ''}`,
  values: ratios(ours.values, theirs.values),
  target,
});
