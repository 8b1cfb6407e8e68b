import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { PgBoss } from 'pg-boss';
import { freePort } from '../../race/server-process.ts';
import { migrate } from '../../src/database/migrate.ts';
import type { RunAs } from '../../src/embedded-postgres/account.ts';
import { environment, findBinaries } from '../../src/embedded-postgres/binaries.ts';
import { query } from './embedded-postgres.ts';
import { eventually } from './eventually.ts';

export type OldServer = { url: string; pid: number; stop: () => Promise<void> };

/**
 * A data folder as it was made before the application had a role of its own: the application is the superuser, whose password is in
 * `coupon-book.password`, and as root all of it belongs to `runAs`. Migrated, with a table `kept`.
 */
export async function makeOldDataFolder(dataDir: string, runAs: RunAs | undefined): Promise<void> {
  const folder = join(dataDir, 'postgres');
  const password = randomBytes(24).toString('base64url');
  const file = join(folder, 'coupon-book.password');
  const pwfile = join(dataDir, 'init-old.password');
  const binaries = findBinaries(runAs);
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(pwfile, password, { mode: 0o600 });
  if (runAs) for (const path of [folder, pwfile]) chownSync(path, runAs.uid, runAs.gid);
  const path = runAs && process.platform === 'linux' ? '/proc/self/cwd' : folder;
  const encoding = ['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-sync'];
  const args = ['-D', path, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile=/dev/stdin', ...encoding];
  execFileSync(binaries.initdb, args, {
    cwd: folder,
    env: environment,
    stdio: [openSync(pwfile, 'r'), 'ignore', 'inherit'],
    ...runAs,
  });
  rmSync(pwfile);
  writeFileSync(file, password, { mode: 0o600 });
  if (runAs) chownSync(file, runAs.uid, runAs.gid);

  const server = await startOldServer(dataDir, runAs);
  await query(server.url.replace(/coupon_book$/, 'postgres'), 'CREATE DATABASE coupon_book');
  await migrate(server.url);
  const queue = new PgBoss({ connectionString: server.url, schedule: false, supervise: false });
  await queue.start();
  await queue.stop({ graceful: false });
  for (const statement of [
    'CREATE TABLE kept AS SELECT 42 AS answer',
    'CREATE TYPE pair AS (a int, b int)',
    'CREATE DOMAIN small AS int CHECK (VALUE < 10)',
    'CREATE VIEW "Seen" AS SELECT * FROM kept',
    'CREATE SEQUENCE loose',
    'CREATE TABLE counted (id int GENERATED ALWAYS AS IDENTITY)',
  ])
    await query(server.url, statement);
  await server.stop();
}

/** The server of such a folder, owned by nobody. */
export async function startOldServer(dataDir: string, runAs: RunAs | undefined): Promise<OldServer> {
  const folder = join(dataDir, 'postgres');
  const { dev, ino } = statSync(folder);
  const port = await freePort();
  const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'].flatMap(
    (setting) => ['-c', setting],
  );
  const name = ['-c', `cluster_name=coupon-book-${dev}-${ino}`];
  const path = runAs && process.platform === 'linux' ? '/proc/self/cwd' : folder;
  const log = openSync(join(dataDir, 'postgres.log'), 'a', 0o600);
  const child = spawn(findBinaries(runAs).postgres, ['-D', path, '-p', String(port), ...settings, ...name], {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', log, log],
    ...runAs,
  });
  child.unref();
  const password = readFileSync(join(folder, 'coupon-book.password'), 'utf8');
  const url = `postgres://postgres:${password}@127.0.0.1:${port}/coupon_book`;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.kill('SIGINT');
    await ended;
  };
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(readFileSync(join(dataDir, 'postgres.log'), 'utf8'));
    return answers(url.replace(/coupon_book$/, 'postgres'));
  });
  return { url, pid: child.pid!, stop };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
