import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../src/database/migrate.ts';
import { examine } from '../src/doctor/examine.ts';
import { superuserUrl } from '../src/embedded-postgres/cluster.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres.ts';
import { startTestApp, type TestApp } from './support/app.ts';
import { documented } from './support/documented.ts';
import { eventually } from './support/eventually.ts';
import { findInstalledPostgres } from './support/installed-postgres.ts';
import { checkInvariants } from './support/invariants.ts';
import { command } from './support/nodes.ts';
import { rowsOf, setStage, type Stage } from './support/stage.ts';

const bin = findInstalledPostgres();
const log = { info() {}, warn() {} };

const folder = mkdtempSync(join(tmpdir(), 'coupon-book-recovery-'));
const variables = { BACKUP: join(folder, 'backup'), ARCHIVE: join(folder, 'archive') };
const running: { stop: () => Promise<void> }[] = [];
let postgres: EmbeddedPostgres;
let adminUrl: string;

beforeAll(async () => {
  if (bin === undefined) throw new Error('There is no installed PostgreSQL: npm test installs one.');
  chmodSync(folder, 0o755);
  mkdirSync(variables.BACKUP);
  mkdirSync(variables.ARCHIVE);
  chmodSync(variables.ARCHIVE, 0o777); // The server's account writes here.
  postgres = await start(join(folder, 'data'), settingsOf(documented('recovery: archive', 'ini')));
  adminUrl = superuserUrl(postgres.url, join(folder, 'data'));
  await migrate(postgres.url);
});
afterAll(async () => {
  for (const { stop } of running.toReversed()) await stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

/** Runs them as an operator does, with what they name set. */
function follow(name: string, env: Record<string, string>): void {
  const { status, stderr } = spawnSync('sh', ['-eu', '-c', documented(`recovery: ${name}`)], {
    env: { PATH: `${bin}:${process.env.PATH}`, ...variables, ...env },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`"${name}" ended with ${status}: ${stderr}`);
}

function settingsOf(ini: string): Record<string, string> {
  const lines = ini.trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [, name, value] = /^(\w+) = '?(.*?)'?$/.exec(line)!;
      return [name!, value!.replaceAll('$ARCHIVE', variables.ARCHIVE)];
    }),
  );
}

async function start(dataDir: string, settings: Record<string, string> = {}): Promise<EmbeddedPostgres> {
  mkdirSync(dataDir, { recursive: true });
  const server = await startEmbeddedPostgres({ dataDir, bin, log, settings });
  running.push(server);
  return server;
}

async function startApp(databaseUrl: string): Promise<TestApp> {
  const app = await startTestApp({ databaseUrl, config: { rateLimitScale: 10_000 } });
  running.push({ stop: () => app.close() });
  return app;
}

/** Each of these people is given a coupon, locks it and redeems it. @returns their codes */
async function shop(app: TestApp, { users }: Stage, from: number, to: number): Promise<string[]> {
  return Promise.all(
    users.slice(from, to).map(async (user) => {
      const { statusCode, body } = await app.app.inject({
        method: 'POST',
        url: '/api/v1/coupons/assign/random',
        headers: user.headers,
        payload: { bookId: stage.bookId },
      });
      expect(statusCode).toBe(200);
      const { code } = JSON.parse(body) as { code: string };
      for (const name of ['lock', 'redeem'] as const)
        expect(await command(app, user, name, code)).toMatchObject({ status: 200 });
      return code;
    }),
  );
}

const redeemedIn = async (url: string) =>
  (await rowsOf<{ code: string }>(url, `SELECT code FROM coupons WHERE state = 'REDEEMED'`)).map(
    ({ code }) => code,
  );

async function expectWell(url: string): Promise<void> {
  const { db } = await startApp(url);
  await checkInvariants(db);
  const found = await examine(db, { data: true });
  expect(found.filter(({ reason }) => /^broken|^migrations|^rights|^invalid/.test(reason))).toEqual([]);
}

let stage: Stage;

test('a recovery to a time has all that was acknowledged before it, and nothing of after', async () => {
  const app = await startApp(postgres.url);
  stage = await setStage(postgres.url, { users: 60, codes: 60 });
  const beforeBackup = await shop(app, stage, 0, 20);
  follow('base', { ADMIN_URL: adminUrl });
  const beforeMistake = await shop(app, stage, 20, 40);
  const [{ now }] = await rowsOf<{ now: string }>(adminUrl, 'SELECT clock_timestamp()::text AS now');
  await shop(app, stage, 40, 60);
  const [{ last }] = await rowsOf<{ last: string }>(
    adminUrl,
    'SELECT pg_walfile_name(pg_switch_wal()) AS last',
  );
  await eventually(() => existsSync(join(variables.ARCHIVE, last)));

  const restored = join(folder, 'restored');
  mkdirSync(restored);
  follow('recover', { PGDATA: join(restored, 'postgres'), RECOVER_TO: now });
  const recovered = await start(restored);
  await eventually(async () => {
    const [row] = await rowsOf<{ done: boolean }>(recovered.url, 'SELECT NOT pg_is_in_recovery() AS done');
    return row.done;
  });
  expect((await redeemedIn(recovered.url)).sort()).toEqual([...beforeBackup, ...beforeMistake].sort());
  await expectWell(recovered.url);
  // It goes on from there: who came after the time comes again.
  await shop(await startApp(recovered.url), stage, 40, 60);
  expect(await redeemedIn(recovered.url)).toHaveLength(60);
  await expectWell(recovered.url);
});

test('a dump that is restored into a younger server has everything, and lists and new events go on', async () => {
  follow('dump', { DATABASE_URL: postgres.url });
  const younger = await start(join(folder, 'younger'));
  follow('restore', { DATABASE_URL: younger.url });
  await migrate(younger.url);
  expect((await redeemedIn(younger.url)).sort()).toEqual((await redeemedIn(postgres.url)).sort());
  await expectWell(younger.url);
  const app = await startApp(younger.url);
  stage = await setStage(younger.url, { users: 5, codes: 5 });
  await shop(app, stage, 0, 5);
  const { headers } = await app.asAdmin();
  const listed = await app.app.inject({ url: '/api/v1/events?limit=100', headers });
  expect(listed.json<{ items: unknown[] }>().items).toHaveLength(100);
  const redemptions = await app.app.inject({ url: '/api/v1/redemptions?limit=100', headers });
  expect(redemptions.json<{ items: unknown[] }>().items).toHaveLength(65);
  await expectWell(younger.url);
});
