import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/embedded-postgres.ts';
import { keptBuild } from './kept-build.ts';

/** Copies PostgreSQL's own folder, with its owners, while no server runs on it. */
export function copyDataFolder(from: string, to: string): void {
  execFileSync('cp', ['-a', join(from, 'postgres'), to]);
  // It names the port of last time, which all copies would like to have.
  rmSync(join(to, 'postgres', 'postmaster.opts'), { force: true });
}

/** Makes of an empty folder one that is past its first start. An initdb takes ten times as long as a copy. */
export async function fillDataFolder(dataDir: string): Promise<void> {
  const first = await keptBuild({
    name: 'data-folder',
    sources: ['api/src/embedded-postgres', 'api/src/embedded-postgres.ts', 'package-lock.json'],
    async make(folder) {
      const log = { info() {}, warn() {} };
      await (await startEmbeddedPostgres({ dataDir: folder, log, settings: { fsync: 'off' } })).stop();
    },
  });
  copyDataFolder(first, dataDir);
}
