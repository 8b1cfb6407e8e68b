import { once } from 'node:events';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { BUNDLED, warnOfAge } from '../../src/embedded-postgres/binaries.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres.ts';
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
import { eventually } from '../support/eventually.ts';
import { findInstalledPostgres } from '../support/installed-postgres.ts';

test('what was written is there at the next start, on the same url', async () => {
  const dataDir = join(temporaryFolder(), 'new', 'data');
  const first = await start(dataDir);
  await query(first.url, KEEP);
  await first.stop();
  await expect(query(first.url, READ)).rejects.toMatchObject({ code: 'ECONNREFUSED' });

  const second = await start(dataDir);
  expect(second.url).toBe(first.url);
  expect(await query(second.url, READ)).toEqual([42]);
});

test('the database is UTF-8, sorts by code point, and is durable unless told otherwise', async () => {
  const { url } = await start(temporaryFolder());
  expect(await query(url, "SELECT 'ä' < 'z', lower('Ä')")).toEqual([false, 'ä']);
  expect(await query(url, 'SHOW server_encoding')).toEqual(['UTF8']);
  expect(await query(url, 'SHOW synchronous_commit')).toEqual(['on']);
});

test('nobody gets in without the password, which only the owner of the data can read', async () => {
  const dataDir = await initialisedFolder();
  const { url } = await start(dataDir);
  const wrong = Object.assign(new URL(url), { password: 'guess' }).href;
  await expect(query(wrong, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  expect(await query(url, 'SHOW listen_addresses')).toEqual(['127.0.0.1']);
  expect(statSync(join(dataDir, 'postgres', 'app.password')).mode & 0o777).toBe(0o600);
  expect(readFileSync(join(dataDir, 'postgres.log'), 'utf8')).not.toContain(new URL(url).password);
});

test('a first start that was killed in the middle does not stand in the way of the next one', async () => {
  const dataDir = temporaryFolder();
  const child = launch(dataDir);
  await eventually(() =>
    readdirSync(dataDir).some((name) => name.startsWith('init-') && isBegun(join(dataDir, name))),
  );
  await killGroup(child);

  const { url } = await start(dataDir);
  expect(await query(url, 'SELECT 1')).toEqual([1]);
  expect(readdirSync(dataDir).sort()).toEqual(['postgres', 'postgres.log']);

  function isBegun(folder: string): boolean {
    return statSync(folder).isDirectory() && readdirSync(folder).includes('PG_VERSION');
  }
});

test('of several first starts at once, one gets the database and the others are told who has it', async () => {
  const dataDir = temporaryFolder();
  const starts = await Promise.allSettled(Array.from({ length: 4 }, () => launched(launch(dataDir))));
  const winners = starts.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  const losers = starts.filter((result) => result.status === 'rejected').map(({ reason }) => String(reason));
  expect(winners).toHaveLength(1);
  for (const loser of losers) expect(loser).toContain(`Process ${winners[0]!.pid} already runs Coupon Book`);
  expect(await query(winners[0]!.url, 'SELECT 1')).toEqual([1]);
  winners[0]!.process.kill('SIGTERM');
  expect(await once(winners[0]!.process, 'exit')).toEqual([0, null]);
  await expect(query(winners[0]!.url, 'SELECT 1')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('a start while another process runs the database is refused, and disturbs nothing', async () => {
  const dataDir = await initialisedFolder();
  const first = await start(dataDir);
  const port = new URL(first.url).port;
  await expect(launched(launch(dataDir))).rejects.toThrow(
    `Process ${process.pid} already runs Coupon Book on the data in ${dataDir} ` +
      `(its database: port ${port}, process ${first.pid}): stop it first, or set DATA_DIR to another folder.`,
  );
  expect(await query(first.url, 'SELECT 1')).toEqual([1]);
});

test('a folder with files of others is left alone', async () => {
  const dataDir = temporaryFolder();
  writeFileSync(join(dataDir, 'thesis.txt'), 'precious');
  await expect(start(dataDir)).rejects.toThrow(
    `${dataDir} holds other files and no database of Coupon Book: set DATA_DIR`,
  );
  expect(readdirSync(dataDir)).toEqual(['thesis.txt']);
});

test('a folder that cannot be made is refused with its reason', async () => {
  const file = join(temporaryFolder(), 'file');
  writeFileSync(file, '');
  await expect(start(join(file, 'data'))).rejects.toThrow(/Cannot use .*\(ENOTDIR\): set DATA_DIR/);
});

test('the data of another PostgreSQL version is refused, saying how to go on', async () => {
  const dataDir = await initialisedFolder();
  writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '17\n');
  await expect(start(dataDir)).rejects.toThrow(
    /was written by PostgreSQL 17, and this is 18\.\d+: set EMBEDDED_POSTGRES_BIN to the bin folder of a PostgreSQL 17/,
  );
});

test('an empty folder with what a volume or git puts there is good enough', async () => {
  const dataDir = temporaryFolder();
  mkdirSync(join(dataDir, 'lost+found'));
  writeFileSync(join(dataDir, '.gitkeep'), '');
  expect(await query((await start(dataDir)).url, 'SELECT 1')).toEqual([1]);
});

test('the application is no superuser, and owns its database', async () => {
  const { url } = await start(await initialisedFolder());
  const rights = `SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
                         (SELECT datdba = r.oid FROM pg_database WHERE datname = current_database())
                  FROM pg_roles r WHERE rolname = current_user`;
  expect(await query(url, rights)).toEqual([false, false, false, false, false, true]);
  await expect(query(url, `COPY (SELECT 1) TO PROGRAM 'true'`)).rejects.toMatchObject({ code: '42501' });
});

test('an installed PostgreSQL is used when its folder is given; one that does not fit is refused with what to do', async () => {
  const bin = findInstalledPostgres();
  if (!bin) throw new Error('No PostgreSQL is installed: npm test says how to get one');
  const dataDir = temporaryFolder();
  const said: string[] = [];
  const log = { info: (text: string) => said.push(text), warn: (text: string) => said.push(text) };
  const options = { dataDir, bin, log, settings: { fsync: 'off' } };
  const postgres = await startEmbeddedPostgres(options);
  onTestFinished(() => postgres.stop());
  const [version] = await query(postgres.url, 'SHOW server_version');
  expect(said[0]).toContain(`PostgreSQL ${String(version).split(' ')[0]} runs on ${dataDir}`);
  expect(said).toHaveLength(1); // Its age is not known.
  expect(await query(postgres.url, "SELECT 'ä' < 'z', lower('Ä')")).toEqual([false, 'ä']);
  expect((await migrate(postgres.url)).length).toBeGreaterThan(10);
  await postgres.stop();

  const elsewhere = temporaryFolder();
  await expect(startEmbeddedPostgres({ ...options, bin: elsewhere })).rejects.toThrow(
    /^There is no PostgreSQL that runs in .*: set EMBEDDED_POSTGRES_BIN to the folder of initdb and postgres/,
  );
  chmodSync(elsewhere, 0o755);
  writeFileSync(join(elsewhere, 'postgres'), '#!/bin/sh\necho postgres 14.9\n', { mode: 0o755 });
  await expect(startEmbeddedPostgres({ ...options, bin: elsewhere })).rejects.toThrow(/ is 14\.9: set/);
});

test('binaries that are older than 100 days are warned of, and the date is that of the version in package.json', () => {
  const { optionalDependencies } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { optionalDependencies: Record<string, string> };
  expect(new Set(Object.values(optionalDependencies))).toEqual(new Set([BUNDLED.version]));
  const binaries = { initdb: '', postgres: '', version: '18.4', published: BUNDLED.published };
  const day = (n: number) => new Date(Date.parse(BUNDLED.published) + n * 86_400_000);
  expect(warnOfAge(binaries, day(100))).toBeUndefined();
  expect(warnOfAge(binaries, day(101))).toContain('was published 101 days ago');
});
