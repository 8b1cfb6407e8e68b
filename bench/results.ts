import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawChart } from './chart.ts';
import type { Machine } from './machine.ts';
import type { Options } from './options.ts';
import type { Outcome } from './program.ts';
import { writeMarkdown } from './report.ts';

/** What came of one program. One of the last three is set. */
export interface Result {
  id: string;
  title: string;
  startedAt: string;
  tookSeconds: number;
  /** Milliseconds that a COMMIT waited for the disk before the program; only where its ratios depend on it. */
  flushMs?: number;
  /** How many cores others kept busy meanwhile, on average. */
  othersCores: number;
  /** How many cores the hypervisor gave to other machines while this one wanted them. */
  stolenCores?: number;
  commit: string | undefined;
  machine: Machine;
  options: Pick<Options, 'quick' | 'rounds' | 'seconds' | 'rows'>;
  outcome?: Outcome;
  notMeasured?: string;
  failed?: string;
}

/**
 * Keeps a result at once, so that a run that is cut loses only what it was at. Of the results of a day the latest of each program
 * counts.
 * @param day on which the run began, such as 2026-01-31
 * @returns all of that day, in the order of `ids`
 */
export function keep(folder: string, day: string, result: Result, ids: readonly string[]): Result[] {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${day}.json`);
  const others = read(file).filter(({ id }) => id !== result.id);
  const all = [...others, result].sort((a, b) => ids.indexOf(a.id) - ids.indexOf(b.id));
  write(file, `${JSON.stringify(all, rounded, 1)}\n`);
  write(join(folder, 'latest.md'), writeMarkdown(all));
  write(join(folder, 'latest.svg'), drawChart(all));
  return all;
}

function read(file: string): Result[] {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Result[];
  } catch {
    return [];
  }
}

/** Never half a file. */
function write(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

const rounded = (_key: string, value: unknown) =>
  typeof value === 'number' ? Number(value.toPrecision(5)) : value;
