import { parseArgs } from 'node:util';

export const HELP = `npm run bench -- [options]

Measures Coupon Book against its rivals and prints how it stands against the targets. Sets up everything itself, in temporary folders
and on 127.0.0.1: PostgreSQL with durable defaults, servers, Redis when redis-server is installed, pgbench when that is. Nothing else
should run on the machine. Keeps what it measured in bench/results: a JSON file per day, latest.md and latest.svg.

  --only <ids>        such as P1,P3; P6 stands for P6 and P6-size and so on                (all)
  --quick             small and short, to see that everything works; kept in bench/results/quick
  --rounds <n>        how often the contestants take turns, after turns to warm up         (5; quick: 3)
  --seconds <n>       length of a turn that is load                                        (3; quick: 2)
  --against <commit>  compares with that commit instead: both take turns, each on a database of its own; the other one is checked
                      out and installed in a temporary folder. P1, P1-refused, P1-keys, P2, P6-wal, P8, P9 and P10
  --rows <n>          coupons of P6 (P6-size: up to ten times as many) and of P8 to P10    (1000000; quick: 100000)
  --profile <folder>  keeps a CPU profile of the server of each program
  --out <folder>      where results are kept
  --help

A turn that was measured while something else loaded the machine is worthless; the ratio of two turns in a row may still hold.`;

export interface Options {
  only: string[];
  /** A commit to compare with; none: the rivals. */
  against: string | undefined;
  quick: boolean;
  rounds: number;
  seconds: number;
  rows: number;
  profile: string | undefined;
  out: string;
}

/** What the command line asks for is not possible; the message says what is. */
export class UsageError extends Error {}

/**
 * @param folder where results are kept unless told otherwise
 * @returns null when help was asked for
 * @throws {UsageError}
 */
export function readOptions(args: string[], folder: string): Options | null {
  const values = parse(args);
  if (values.help) return null;
  const quick = values.quick ?? false;
  const count = (name: 'rounds' | 'seconds' | 'rows', full: number, small: number, most: number) =>
    readCount(name, values[name] ?? String(quick ? small : full), most);
  return {
    only: values.only?.split(',').map((id) => id.trim()) ?? [],
    against: values.against,
    quick,
    rounds: count('rounds', 5, 3, 100),
    seconds: count('seconds', 3, 2, 60),
    rows: count('rows', 1_000_000, 100_000, 10_000_000),
    profile: values.profile,
    out: values.out ?? (quick ? `${folder}/quick` : values.against ? `${folder}/against` : folder),
  };
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      options: {
        only: text,
        against: text,
        quick: flag,
        rounds: text,
        seconds: text,
        rows: text,
        profile: text,
        out: text,
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

function readCount(name: string, text: string, most: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= most) return count;
  throw new UsageError(`--${name} must be a whole number from 1 to ${most}, not "${text}".`);
}
