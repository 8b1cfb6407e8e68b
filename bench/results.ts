import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drawChart } from './chart.ts';
import { writeMarkdown } from './report.ts';
import type { Result } from './result.ts';

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
