import { execFileSync } from 'node:child_process';
import { cpus, release, totalmem, type } from 'node:os';
import { findBinaries } from '../api/src/embedded-postgres/binaries.ts';
import { versionOf } from './harness/commands.ts';

export interface Machine {
  cores: number;
  cpu: string;
  memoryGiB: number;
  system: string;
  node: string;
  postgres: string;
  redis: string;
  pgbench: string;
}

/** What the figures were measured on. */
export function describeMachine(): Machine {
  const absent = 'not installed';
  return {
    cores: cpus().length,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
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
