import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { rmSync, watch, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { findAccount } from '../../src/embedded-postgres/account.ts';
import { superuserUrl } from '../../src/embedded-postgres/cluster.ts';
import { copyDataFolder } from '../support/data-folder.ts';
import { killGroup, launch, launched, query, start, temporaryFolder } from '../support/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { makeOldDataFolder, type OldServer, startOldServer } from '../support/old-data-folder.ts';

const runAs = process.getuid?.() === 0 ? findAccount('nobody') : undefined;

const STRANGERS = `
  SELECT c.oid::regclass::text FROM pg_class c
  WHERE c.oid >= 16384 AND relkind <> 't' AND relnamespace <> 'pg_toast'::regnamespace AND relowner <> 'coupon_book'::regrole
  UNION ALL SELECT oid::regprocedure::text FROM pg_proc WHERE oid >= 16384 AND proowner <> 'coupon_book'::regrole
  UNION ALL SELECT oid::regtype::text FROM pg_type
  WHERE oid >= 16384 AND typnamespace <> 'pg_toast'::regnamespace AND typowner <> 'coupon_book'::regrole
  UNION ALL SELECT oid::regnamespace::text FROM pg_namespace WHERE oid >= 16384 AND nspname !~ '^pg_' AND nspowner <> 'coupon_book'::regrole`;

/** Each test has a copy. */
const original = mkdtempSync(join(tmpdir(), 'coupon-book-old-'));
beforeAll(() => makeOldDataFolder(original, runAs));
afterAll(() => rmSync(original, { recursive: true, force: true, maxRetries: 3 }));

async function oldDataFolder(): Promise<{ dataDir: string; server: OldServer }> {
  const dataDir = temporaryFolder();
  copyDataFolder(original, dataDir);
  const server = await startOldServer(dataDir, runAs);
  onTestFinished(() => server.stop());
  return { dataDir, server };
}

async function expectUpgraded(dataDir: string, old: OldServer): Promise<void> {
  const { url } = await start(dataDir);
  expect(await query(url, 'SELECT answer FROM kept')).toEqual([42]);
  expect(
    await query(url, 'SELECT current_user::text, rolsuper FROM pg_roles WHERE rolname = current_user'),
  ).toEqual(['coupon_book', false]);
  expect(await query(url, STRANGERS)).toEqual([]);
  // What a migration may have to do.
  await query(url, 'ALTER TABLE coupons ADD COLUMN more int');
  await query(url, "ALTER TYPE coupon_state ADD VALUE 'LOST'");
  await query(url, 'INSERT INTO counted DEFAULT VALUES');
  const before = Object.assign(new URL(old.url), { port: new URL(url).port }).href;
  await expect(query(before, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });
  expect(await query(superuserUrl(url, dataDir), 'SELECT current_user::text')).toEqual(['postgres']);
  expect(existsSync(join(dataDir, 'postgres', 'coupon-book.password'))).toBe(false);
  expect(readdirSync(dataDir).filter((name) => name.startsWith('init-'))).toEqual([]);
}

test('data of before, of which the application was superuser, become its own at the next start', async () => {
  const { dataDir, server } = await oldDataFolder();
  await server.stop();
  await expectUpgraded(dataDir, server);
});

test('a server of before that a killed process left behind is taken over', async () => {
  const { dataDir, server } = await oldDataFolder();
  await expectUpgraded(dataDir, server);
  expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
});

test('a server of before that a live process owns is left alone', async () => {
  const { dataDir, server } = await oldDataFolder();
  const owner = new pg.Client({
    connectionString: server.url.replace(/coupon_book$/, 'postgres'),
    application_name: `coupon-book process ${process.pid}`,
  });
  owner.on('error', () => undefined);
  await owner.connect();
  await owner.query('SELECT pg_advisory_lock(0, 1926)');
  await expect(launched(launch(dataDir))).rejects.toThrow(`Process ${process.pid} already runs Coupon Book`);
  expect(await query(server.url, 'SELECT answer FROM kept')).toEqual([42]);
  await owner.end();
  await expectUpgraded(dataDir, server);
});

test('a change of data of before that was killed before its last step is done again', async () => {
  const { dataDir, server } = await oldDataFolder();
  await server.stop();
  const remains = join(dataDir, 'postgres', 'coupon-book.password');
  const password = readFileSync(remains);
  await (await start(dataDir)).stop();
  writeFileSync(remains, password);
  await expectUpgraded(dataDir, server);
});

test('a change of data of before that is killed in the middle is done by the next start, wherever it was', async () => {
  const { dataDir: stopped, server } = await oldDataFolder();
  await server.stop();
  for (const step of [1, 2, 4, 8, 16, 32]) {
    const dataDir = temporaryFolder();
    cpSync(stopped, dataDir, { recursive: true, preserveTimestamps: true });
    const child = launch(dataDir);
    const over = launched(child).catch(() => undefined);
    await Promise.race([over, changes(dataDir, step)]);
    await killGroup(child);
    await expectUpgraded(dataDir, server);
  }
});

/** Resolves when so many things have happened to the names in PostgreSQL's folder and beside it. */
async function changes(dataDir: string, count: number): Promise<void> {
  const watched = [dataDir, join(dataDir, 'postgres')].map((folder) => watch(folder));
  let seen = 0;
  try {
    await new Promise<void>((resolve) => {
      for (const watcher of watched) watcher.on('change', () => (seen += 1) >= count && resolve());
    });
  } finally {
    for (const watcher of watched) watcher.close();
  }
}

test('of several starts at once on data of before, one gets the database and the others are told who has it', async () => {
  const { dataDir, server } = await oldDataFolder();
  await server.stop();
  const starts = await Promise.allSettled([1, 2, 3].map(() => launched(launch(dataDir))));
  const winners = starts.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
  const losers = starts.filter((result) => result.status === 'rejected').map(({ reason }) => String(reason));
  expect(winners).toHaveLength(1);
  for (const loser of losers) expect(loser).toContain(`Process ${winners[0]!.pid} already runs Coupon Book`);
  expect(await query(winners[0]!.url, 'SELECT answer FROM kept')).toEqual([42]);
  winners[0]!.process.kill('SIGTERM');
  expect(await once(winners[0]!.process, 'exit')).toEqual([0, null]);
  await eventually(() => !existsSync(join(dataDir, 'postgres', 'postmaster.pid')));
  await expectUpgraded(dataDir, server);
});
