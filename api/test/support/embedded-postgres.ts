import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { onTestFinished } from 'vitest';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/embedded-postgres.ts';
import { fillDataFolder } from './data-folder.ts';

const LAUNCHER = fileURLToPath(import.meta.resolve('./launch-postgres.mjs'));

const silent = { info() {}, warn() {} };

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-embedded-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

/** A data folder past its first start, which is gone after the test. */
export async function initialisedFolder(): Promise<string> {
  const dataDir = temporaryFolder();
  await fillDataFolder(dataDir);
  return dataDir;
}

/** Starts one that is stopped after the test, at the latest. */
export async function start(dataDir: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log: silent, settings: { fsync: 'off' } });
  onTestFinished(() => postgres.stop());
  return postgres;
}

/** What a test writes, to see whether it is still there. */
export const KEEP = 'CREATE TABLE kept AS SELECT 42 AS answer';
export const READ = 'SELECT answer FROM kept';

export type Launcher = { process: ChildProcess; pid: number; url: string; postgresPid: number };

/** The same in another process, which the test may kill. It leads a process group, as what a terminal starts does. */
export function launch(dataDir: string, module?: string): ChildProcess {
  const args = [LAUNCHER, dataDir, ...(module ? [module] : [])];
  const child = spawn(process.execPath, args, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => killGroup(child));
  return child;
}

/** @throws what the launcher complains about, when it ends instead */
export async function launched(child: ChildProcess): Promise<Launcher> {
  let [output, errors] = ['', ''];
  child.stderr!.on('data', (chunk) => (errors += String(chunk)));
  const ready = new Promise<string>((resolve, reject) => {
    child.stdout!.on('data', (chunk) => {
      output += String(chunk);
      if (output.includes('\n')) resolve(output);
    });
    child.once('close', () => reject(new Error(errors)));
  });
  const { url, postgresPid } = JSON.parse(await ready) as { url: string; postgresPid: number };
  return { process: child, pid: child.pid!, url, postgresPid };
}

/** Like closing the machine on it: no handler runs, and whatever shares its process group is hit too. */
export async function killGroup(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  process.kill(-child.pid!, 'SIGKILL');
  await once(child, 'exit');
}

export async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new pg.Client(url);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query({ text: statement, rowMode: 'array' })).rows.flat();
  } finally {
    await client.end();
  }
}
