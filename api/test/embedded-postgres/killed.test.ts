import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findProcesses } from '../../src/embedded-postgres/processes.ts';
import {
  initialisedFolder,
  KEEP,
  killGroup,
  launch,
  launched,
  query,
  READ,
  start,
} from '../support/embedded-postgres.ts';
import { eventually } from '../support/eventually.ts';

test('a server killed with -9 comes back by itself, on the same url and with its data', async () => {
  const postgres = await start(await initialisedFolder());
  await query(postgres.url, KEEP);
  for (let kills = 0; kills < 3; kills++) {
    const { pid } = postgres;
    process.kill(pid, 'SIGKILL');
    await eventually(() => postgres.pid !== pid);
    expect(await query(postgres.url, READ)).toEqual([42]);
  }
});

test('a stop while a killed server is started again leaves none behind', async () => {
  const dataDir = await initialisedFolder();
  const postgres = await start(dataDir);
  const { dev, ino } = statSync(join(dataDir, 'postgres'));
  const { pid } = postgres;
  const servers = () => findProcesses(`cluster_name=coupon-book-${dev}-${ino}`);
  process.kill(pid, 'SIGKILL');
  await eventually(() => servers().some((server) => server.pid !== pid));
  await postgres.stop();
  expect(servers()).toEqual([]);
});

test('a connection of the server killed with -9 leaves the server owned and running', async () => {
  const dataDir = await initialisedFolder();
  const postgres = await start(dataDir);
  await query(postgres.url, KEEP);
  const owners = () =>
    query(postgres.url, "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted");
  const [owner] = await owners();
  expect(owner).toBeGreaterThan(0);
  await query(postgres.url, `SELECT pg_terminate_backend(${String(owner)}, 60000)`);
  await eventually(async () => {
    const now = await owners();
    return now.length === 1 && now[0] !== owner;
  });
  await expect(launched(launch(dataDir))).rejects.toThrow('already runs Coupon Book');
  expect(await query(postgres.url, READ)).toEqual([42]);
});

test('children of a killed server that are too busy to notice do not keep the next one from starting', async () => {
  const dataDir = await initialisedFolder();
  const postgres = await start(dataDir);
  const { pid } = postgres;
  const busy = query(postgres.url, 'SELECT count(*) FROM generate_series(1, 1000000000000)').catch(
    () => 'cut',
  );
  await eventually(async () => {
    const running = await query(
      postgres.url,
      "SELECT count(*)::int FROM pg_stat_activity WHERE query ~ '1000000000000.$'",
    );
    return Number(running[0]) >= 1;
  });
  process.kill(pid, 'SIGKILL');
  await eventually(() => postgres.pid !== pid);
  expect(await busy).toBe('cut');
  expect(await query(postgres.url, 'SELECT 1')).toEqual([1]);
});

test('a process killed with -9 leaves its server running, and the next start takes it over', async () => {
  const dataDir = await initialisedFolder();
  const first = await launched(launch(dataDir));
  await query(first.url, KEEP);
  await killGroup(first.process);

  const second = await start(dataDir);
  expect(second.pid).toBe(first.postgresPid);
  expect(second.url).toBe(first.url);
  expect(await query(second.url, READ)).toEqual([42]);
  await second.stop();
  await expect(query(first.url, READ)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('Ctrl-C and SIGTERM to the process group leave the server to the requests that are being finished', async () => {
  const dataDir = await initialisedFolder();
  const first = await launched(launch(dataDir));
  process.kill(-first.pid, 'SIGSTOP'); // So that only the server could react.
  process.kill(-first.pid, 'SIGINT');
  process.kill(-first.pid, 'SIGTERM');
  expect(await query(first.url, 'SELECT 1')).toEqual([1]);
  process.kill(-first.pid, 'SIGKILL');
  process.kill(first.postgresPid, 'SIGQUIT');
  await eventually(() => !existsSync(join(dataDir, 'postgres', 'postmaster.pid')));
});

test('a killed server whose pid now belongs to an unrelated process is started again', async () => {
  const dataDir = await initialisedFolder();
  const first = await launched(launch(dataDir));
  await query(first.url, KEEP);
  await killGroup(first.process);
  const { uid, gid, dev, ino } = statSync(join(dataDir, 'postgres'));
  process.kill(first.postgresPid, 'SIGKILL');
  await eventually(() => findProcesses(`coupon-book-${dev}-${ino}`).length === 0);

  // Of the same user: PostgreSQL would take it for itself and refuse to start, for ever.
  const unrelated = spawn('sleep', ['1000'], { cwd: '/', stdio: 'ignore', uid, gid });
  onTestFinished(() => void unrelated.kill('SIGKILL'));
  const pidFile = join(dataDir, 'postgres', 'postmaster.pid');
  writeFileSync(pidFile, readFileSync(pidFile, 'utf8').replace(/^\d+/, String(unrelated.pid)));

  const { url } = await start(dataDir);
  expect(await query(url, READ)).toEqual([42]);
  expect(unrelated.exitCode).toBeNull();
});
