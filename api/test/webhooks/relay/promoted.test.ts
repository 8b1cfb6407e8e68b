import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { migrate } from '../../../src/database/migrate.ts';
import { superuserUrl } from '../../../src/embedded-postgres/cluster.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../../src/embedded-postgres.ts';
import { fanOut } from '../../../src/modules/webhooks/fan-out.ts';
import { takeTurn } from '../../../src/modules/webhooks/relay/turn.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { eventually } from '../../support/eventually.ts';
import { findInstalledPostgres } from '../../support/installed-postgres.ts';
import { startReceiver } from '../../support/receiver.ts';
import { rowsOf } from '../../support/stage.ts';
import { call, makeWebhook, spendCoupon, webhooksSink } from '../../support/webhooks.ts';

const bin = findInstalledPostgres();
const log = { info() {}, warn() {} };
const folder = mkdtempSync(join(tmpdir(), 'coupon-book-promoted-'));
const running: { stop: () => Promise<void> }[] = [];
let primary: EmbeddedPostgres;
beforeAll(async () => {
  if (bin === undefined) throw new Error('There is no installed PostgreSQL: npm test installs one.');
  primary = await start('primary');
  await migrate(primary.url);
});
afterAll(async () => {
  for (const { stop } of running.toReversed()) await stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

async function start(name: string): Promise<EmbeddedPostgres> {
  mkdirSync(join(folder, name), { recursive: true });
  const server = await startEmbeddedPostgres({ dataDir: join(folder, name), bin, log });
  running.push(server);
  return server;
}

/** A standby that follows the primary. */
async function startStandby(): Promise<EmbeddedPostgres> {
  const data = join(folder, 'standby');
  mkdirSync(data);
  const { status, stderr } = spawnSync(
    join(bin!, 'pg_basebackup'),
    [
      '--dbname',
      adminOf('primary', primary),
      '--checkpoint=fast',
      '--write-recovery-conf',
      '--pgdata',
      join(data, 'postgres'),
    ],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return start('standby');
}

const adminOf = (name: string, { url }: EmbeddedPostgres) => superuserUrl(url, join(folder, name));

async function startApp(databaseUrl: string): Promise<TestApp> {
  // It does not listen, so that its own relay stands still.
  const app = await startTestApp({
    databaseUrl,
    config: { rateLimitScale: 10_000, webhookAllowPrivate: ['127.0.0.1'], logLevel: 'silent' },
  });
  running.push({ stop: () => app.close() });
  return app;
}

const turn = ({ db, app }: TestApp, sink: Parameters<typeof takeTurn>[0]['sink']) =>
  takeTurn({ db, sink, log: app.log, stopping: new AbortController().signal });

test('after a standby was promoted the relay goes on where the primary was, and loses nothing that the standby has', async () => {
  const receiver = await startReceiver();
  const told = (bookId: string) => receiver.received.filter(({ body }) => body.includes(bookId)).length;
  const before = await startApp(primary.url);
  await makeWebhook(before, await before.asAdmin(), receiver.url);
  const delivered = await spendCoupon(before);
  await turn(before, webhooksSink(before));
  expect(told(delivered.bookId)).toBe(3);

  const standby = await startStandby();
  const isStandby = async () =>
    (await rowsOf<{ is: boolean }>(standby.url, 'SELECT pg_is_in_recovery() AS is'))[0].is;
  expect(await isStandby()).toBe(true);
  // Some that were fanned out and not sent, and some that nobody has looked at.
  const fanned = await spendCoupon(before);
  await turn(before, { name: 'webhooks', ...fanOut });
  const unseen = await spendCoupon(before);
  const [{ at }] = await rowsOf<{ at: string }>(primary.url, 'SELECT pg_current_wal_lsn()::text AS at');
  await eventually(async () => {
    const [{ has }] = await rowsOf<{ has: boolean }>(
      standby.url,
      'SELECT pg_last_wal_replay_lsn() >= $1::pg_lsn AS has',
      [at],
    );
    return has;
  });
  await before.close();
  await primary.stop();
  await rowsOf(adminOf('standby', standby), 'SELECT pg_promote()');
  expect(await isStandby()).toBe(false);

  const after = await startApp(standby.url);
  const later = await spendCoupon(after);
  await turn(after, webhooksSink(after));
  for (const { bookId } of [fanned, unseen, later]) expect(told(bookId)).toBe(3);
  expect(told(delivered.bookId)).toBe(3);
  const listed = await call(after, await after.asAdmin(), 'GET', '/relays');
  expect(listed.body).toMatchObject({ items: [{ name: 'webhooks', status: 'idle' }] });
});
