import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { superuserUrl } from '../../src/embedded-postgres/cluster.ts';
import { findProcesses, signal } from '../../src/embedded-postgres/processes.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';
import { findInstalledPostgres } from '../support/installed-postgres.ts';
import { expectEachUserRedeemedOnce, startJourneys } from '../support/journeys.ts';
import { launchServer, untilReady } from '../support/server.ts';
import { rowsOf, setStage } from '../support/stage.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';

const bin = findInstalledPostgres();
const log = { info() {}, warn() {} };

test('the primary is gone: its synchronous standby is promoted, the service goes on by itself, and nothing is lost', async () => {
  if (bin === undefined) throw new Error('There is no installed PostgreSQL: npm test installs one.');
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-standby-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const start = async (name: string) => {
    const dataDir = join(folder, name);
    mkdirSync(dataDir, { recursive: true });
    const server = await startEmbeddedPostgres({ dataDir, bin, log });
    onTestFinished(() => server.stop());
    return { ...server, pid: server.pid, adminUrl: superuserUrl(server.url, dataDir) };
  };
  const primary = await start('primary');
  await migrate(primary.url);
  mkdirSync(join(folder, 'standby'));
  const copy = ['--write-recovery-conf', '--checkpoint=fast', `--pgdata=${join(folder, 'standby/postgres')}`];
  const { status, stderr } = spawnSync(join(bin, 'pg_basebackup'), [`--dbname=${primary.adminUrl}`, ...copy]);
  expect([status, String(stderr)]).toEqual([0, '']);
  const standby = await start('standby');
  await rowsOf(primary.adminUrl, `ALTER SYSTEM SET synchronous_standby_names = '*'`);
  await rowsOf(primary.adminUrl, 'SELECT pg_reload_conf()');
  await eventually(async () => {
    const [row] = await rowsOf<{ state: string }>(
      primary.adminUrl,
      'SELECT sync_state AS state FROM pg_stat_replication',
    );
    return row?.state === 'sync';
  });

  const address = await startTcpProxy(primary.url);
  const server = await launchServer({ DATABASE_URL: address.url });
  await untilReady(server);
  const stage = await setStage(primary.url, { users: 150, codes: 150 });
  const journeys = startJourneys(() => server.url, stage);
  await eventually(() => journeys.acknowledged() >= 100);
  // Its machine is gone: nobody answers, nobody says so.
  const children = findProcesses('postgres').filter(({ parent }) => parent === primary.pid);
  const all = [primary.pid, ...children.map(({ pid }) => pid)];
  for (const pid of all) signal(pid, 'SIGSTOP');
  onTestFinished(() => all.forEach((pid) => signal(pid, 'SIGCONT')));
  await address.down();
  address.turnTo(standby.url);
  await address.up();

  // Before it is promoted it takes no changes, and the service says so.
  await eventually(async () => (await fetch(`${server.url}/health/ready`)).status === 503);
  await rowsOf(standby.adminUrl, 'SELECT pg_promote()');
  await untilReady(server);
  await journeys.finished;
  expect(journeys.interrupted()).toBeGreaterThan(0);
  await expectEachUserRedeemedOnce(standby.url, stage);
});
