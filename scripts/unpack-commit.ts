import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');

/**
 * Writes the files of a commit of this repository into a folder. The repository is only read: no branch, index or worktree changes.
 * @throws when there is no such commit, as in a clone that was made with a limited depth
 */
export function unpackCommit(commit: string, folder: string): void {
  const archive = git('archive', '--format=tar', resolveCommit(commit));
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
}

/** @returns the short hash @throws when there is no such commit */
export function resolveCommit(name: string): string {
  try {
    return git('rev-parse', '--verify', '--short', '--end-of-options', `${name}^{commit}`).toString().trim();
  } catch {
    throw new Error(
      `There is no commit ${name} in this repository. Does the clone have all of its history (git fetch --unshallow)?`,
    );
  }
}

const git = (...args: string[]): Buffer =>
  execFileSync('git', ['-c', 'safe.directory=*', ...args], {
    cwd: root,
    maxBuffer: 2 ** 30,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
