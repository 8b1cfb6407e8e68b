import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../../race/server-process.ts';
import { findAccount } from '../../src/embedded-postgres/account.ts';
import { eventually } from './eventually.ts';

export type PgBouncer = { url: string; stop(): Promise<void> };

/** A real PgBouncer in transaction mode before `databaseUrl`, with its own defaults, but for how soon it tries again (15 s). */
export async function startPgBouncer(databaseUrl: string): Promise<PgBouncer> {
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-pgbouncer-'));
  const runAs = process.getuid?.() === 0 ? findAccount('nobody') : undefined; // It refuses root, as PostgreSQL does.
  const port = await freePort();
  const config = join(folder, 'pgbouncer.ini');
  writeFileSync(config, configuration(new URL(databaseUrl), port));
  if (runAs) for (const path of [folder, config]) chownSync(path, runAs.uid, runAs.gid);

  const log = join(folder, 'log');
  const child = spawn('pgbouncer', ['--quiet', config], { cwd: folder, stdio: 'ignore', ...runAs });
  const stop = async () => {
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  };
  const failed = new Promise<never>((_, reject) => {
    child.once('error', () => reject(new Error('PgBouncer is not installed: npm test says how to get it')));
    child.once('exit', () => reject(new Error(`PgBouncer ended: ${readFileSync(log, 'utf8')}`)));
  });
  const url = `postgres://postgres@127.0.0.1:${port}${new URL(databaseUrl).pathname}`;
  try {
    await Promise.race([failed, eventually(() => connects(url))]);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, stop };
}

function configuration(database: URL, port: number): string {
  const { hostname, port: databasePort, username, password } = database;
  const login = `user=${decodeURIComponent(username)} password=${decodeURIComponent(password)}`;
  return `
[databases]
* = host=${hostname} port=${databasePort} ${login}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
max_client_conn = 1000
server_login_retry = 1
logfile = log
`;
}

async function connects(url: string): Promise<boolean> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  await client.end();
  return true;
}

async function end(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.removeAllListeners('exit');
  child.kill('SIGTERM');
  await once(child, 'exit');
}
