import { execFileSync } from 'node:child_process';
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { cpus, release, tmpdir, totalmem, type } from 'node:os';
import { join } from 'node:path';
import { findBinaries } from '../api/src/embedded-postgres/binaries.ts';
import { versionOf } from './harness/commands.ts';
import { median } from './statistics.ts';

export interface Machine {
  cores: number;
  cpu: string;
  memoryGiB: number;
  disk: string;
  system: string;
  node: string;
  postgres: string;
  redis: string;
  pgbench: string;
}

const FLUSHES = 200;

/** What a COMMIT waits for, where the databases are: milliseconds to write a page and have it on the disk. */
export function flushMs(): number {
  const path = join(tmpdir(), `coupon-book-flush-${process.pid}`);
  const file = openSync(path, 'w');
  try {
    return median(
      Array.from({ length: FLUSHES }, () => {
        const started = performance.now();
        writeSync(file, new Uint8Array(8192), 0, 8192, 0);
        fdatasyncSync(file);
        return performance.now() - started;
      }),
    );
  } finally {
    closeSync(file);
    rmSync(path);
  }
}

/** What the figures were measured on. */
export function describeMachine(): Machine {
  const absent = 'not installed';
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    disk: `a flush of 8 kB takes ${flushMs().toFixed(2)} ms (median of ${FLUSHES})`,
    system: `${type()} ${release()}`,
    node: process.versions.node,
    postgres: `${findBinaries(undefined).version} (embedded, as npm start runs it: fsync and synchronous_commit on)`,
    redis: /v=(\S+)/.exec(versionOf('redis-server') ?? '')?.[1] ?? absent,
    pgbench: /\d[\d.]*/.exec(versionOf('pgbench') ?? '')?.[0] ?? absent,
  };
}

/** The commit that is measured, with a mark when files differ from it; none outside of Git. */
export function describeCommit(): string | undefined {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'safe.directory=*', ...args], {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  try {
    const isChanged = git('status', '--porcelain', '--', '../api', '../bench', ':!results') !== '';
    return git('rev-parse', '--short', 'HEAD') + (isChanged ? ' with changes' : '');
  } catch {
    return undefined;
  }
}
