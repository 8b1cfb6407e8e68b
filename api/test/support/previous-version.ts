import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { unpackCommit } from '../../../scripts/unpack-commit.ts';

const named = join(import.meta.dirname, '../../../deploy/previous');

export interface PreviousVersion {
  /** The program that is everything. */
  monolith: string;
  /** What its processes are started with. */
  env: Record<string, string>;
  remove: () => void;
}

/** The version that deploy/previous names: those who upgrade have it running. Installed from its own lock, in a folder of its own. */
export async function installPreviousVersion(): Promise<PreviousVersion> {
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-previous-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  process.once('exit', remove);
  unpackCommit(readFileSync(named, 'utf8').trim().split(' ')[0]!, folder);
  const args = ['ci', '--omit=dev', '--workspace=api', '--ignore-scripts', '--prefer-offline', '--no-audit'];
  await promisify(execFile)('npm', [...args, '--no-fund'], { cwd: folder });
  return {
    monolith: join(folder, 'api/src/run/monolith.ts'),
    // In its folder, or each run would leave another one.
    env: { NODE_COMPILE_CACHE: join(folder, '.compiled') },
    remove,
  };
}
