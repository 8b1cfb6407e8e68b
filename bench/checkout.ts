import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { resolveCommit, unpackCommit } from '../scripts/unpack-commit.ts';
import { UsageError } from './options.ts';

/** Another commit of this repository, installed in a folder of its own. */
export interface Checkout {
  /** The short hash. */
  commit: string;
  folder: string;
  remove: () => void;
}

/**
 * Unpacks a commit in a temporary folder and installs its packages there. The folder goes when this process ends.
 * @throws {UsageError} when there is no such commit
 */
export async function checkOut(name: string, log: (text: string) => void): Promise<Checkout> {
  const commit = resolve(name);
  const folder = mkdtempSync(join(tmpdir(), `coupon-book-${commit}-`));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  log(`Checking out and installing ${commit} in ${folder}`);
  unpackCommit(commit, folder);
  // The benchmark has a lock of its own.
  for (const cwd of [folder, join(folder, 'bench')])
    await promisify(execFile)(
      'npm',
      ['ci', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'],
      { cwd },
    );
  return { commit, folder, remove };
}

function resolve(name: string): string {
  try {
    return resolveCommit(name);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
