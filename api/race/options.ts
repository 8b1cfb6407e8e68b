import { parseArgs } from 'node:util';

export const HELP = `npm run race -- [options]

Lets many users claim few coupons at the same instant, over HTTP, and proves by the API alone that nothing went wrong: every
coupon given once, every loser told so, limits kept, every history consistent. Exits with 0 only if all of it holds.

  --users <n>         how many users claim, all at once            (1000)
  --codes <n>         how many coupons there are                   (100)
  --limit <n>         most coupons of the book per user            (1)
  --nodes <n>         how many servers to start on one database    (1)
  --url <url>         race against a running service instead; repeat it for each of several nodes.
                      Signs in with ADMIN_EMAIL and ADMIN_PASSWORD from the environment
  --paths <which>     assign: claims only; full: winners also lock and redeem, each twice at once   (full)
  --keys <which>      with or without an Idempotency-Key in each request, or both, one race after the other   (both)
  --connections <n>   most connections open at a time              (as many as users, at most 1000)
  --help

Without --url it brings its own servers and its own PostgreSQL (durable defaults) and removes them afterwards. Against --url it
leaves an archived book and disabled users behind.`;

export interface Options {
  users: number;
  codes: number;
  limit: number;
  nodes: number;
  urls: string[];
  full: boolean;
  /** Whether the requests of each race carry an Idempotency-Key. */
  keyed: boolean[];
  connections: number;
}

/** What the command line asks for is not possible; the message says what is. */
export class UsageError extends Error {}

/**
 * @returns null when help was asked for
 * @throws {UsageError}
 */
export function readOptions(args: string[]): Options | null {
  const values = parse(args);
  if (values.help) return null;
  const users = readCount('users', values.users ?? '1000', 1, 100_000);
  const urls = (values.url ?? []).map(readUrl);
  if (urls.length > 0 && values.nodes !== undefined) {
    throw new UsageError('--nodes is for servers of its own; with --url, repeat --url for each node.');
  }
  const paths = values.paths ?? 'full';
  if (paths !== 'assign' && paths !== 'full')
    throw new UsageError(`--paths must be assign or full, not ${paths}.`);
  const keys = values.keys ?? 'both';
  if (keys !== 'with' && keys !== 'without' && keys !== 'both')
    throw new UsageError(`--keys must be with, without or both, not ${keys}.`);
  return {
    users,
    codes: readCount('codes', values.codes ?? '100', 1, 1_000_000),
    limit: readCount('limit', values.limit ?? '1', 1, 1_000),
    nodes: readCount('nodes', values.nodes ?? '1', 1, 16),
    urls,
    full: paths === 'full',
    keyed: keys === 'both' ? [true, false] : [keys === 'with'],
    connections: readCount('connections', values.connections ?? String(Math.min(users, 1000)), 1, 10_000),
  };
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  try {
    return parseArgs({
      args,
      options: {
        users: text,
        codes: text,
        limit: text,
        nodes: text,
        url: { type: 'string', multiple: true },
        paths: text,
        keys: text,
        connections: text,
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function readCount(name: string, text: string, least: number, most: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= least && count <= most) return count;
  throw new UsageError(`--${name} must be a whole number from ${least} to ${most}, not "${text}".`);
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--url must be http:// or https://, not "${text}".`);
  return url.origin;
}
