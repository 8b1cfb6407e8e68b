import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { UsageError } from './options.ts';

/** Another commit of this repository, installed in a folder of its own. */
export interface Checkout {
  /** The short hash. */
  commit: string;
  folder: string;
  remove: () => void;
}

const ROOT = dirname(import.meta.dirname);

/**
 * Unpacks a commit in a temporary folder and installs its packages there. The repository is only read: no branch, index or worktree
 * of it changes, and the folder goes when this process ends.
 * @throws {UsageError} when there is no such commit
 */
export async function checkOut(name: string, log: (text: string) => void): Promise<Checkout> {
  const commit = resolveCommit(name);
  const folder = mkdtempSync(join(tmpdir(), `coupon-book-${commit}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  log(`Checking out and installing ${commit} in ${folder}`);
  const archive = git('archive', '--format=tar', commit);
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  // The benchmark has a lock of its own.
  for (const cwd of [folder, join(folder, 'bench')])
    await promisify(execFile)(
      'npm',
      ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'],
      { cwd },
    );
  return { commit, folder, remove };
}

function resolveCommit(name: string): string {
  try {
    return git('rev-parse', '--verify', '--short', '--end-of-options', `${name}^{commit}`).toString().trim();
  } catch {
    throw new UsageError(`There is no commit ${name} in this repository.`);
  }
}

const git = (...args: string[]): Buffer =>
  execFileSync('git', ['-c', 'safe.directory=*', ...args], {
    cwd: ROOT,
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
