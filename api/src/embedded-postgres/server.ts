import type { ChildProcess } from 'node:child_process';
import { closeSync, fchownSync, fstatSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort, isFree } from '../free-port.ts';
import { LOG, type Cluster } from './cluster.ts';
import { firstReason } from './log.ts';
import { findProcesses, isRunning, signal, spawnOn, tagOf } from './processes.ts';

export type Server = { pid: number; port: number };
export type Settings = Record<string, string | number | boolean>;
type PidFile = Server & { status: string; text: string };

const MB = 2 ** 20;
const POLL_MS = 10;
const LAUNCHES = 3;
const LOG_LIMIT_BYTES = 10_000_000;
/** A fast shutdown writes what is in memory; past this the server is stopped as by a crash, which loses nothing either. */
const STOP_TIMEOUT_MS = 20_000;

/**
 * Makes sure that one server runs on the cluster and accepts connections: the one that already does, whoever started
 * it, else a new one. Several callers at once end up with the same server, because PostgreSQL lets one only have the
 * folder. The server is detached: it outlives us until stopServer().
 * @throws with the server's own reason when it does not start; when aborted, once what it started has ended
 */
export async function ensureServer(
  cluster: Cluster,
  wantedPort: number | undefined,
  settings: Settings,
  abort: AbortSignal,
): Promise<Server> {
  let launched: Launch | undefined;
  let launches = 0;
  for (;;) {
    if (abort.aborted && launched) await end(launched);
    abort.throwIfAborted();
    const running = findServer(cluster);
    if (running?.status === 'ready') return running;
    // One that is starting, recovering after a crash or stopping is waited for, however long it takes.
    if (!running && (!launched || launched.exited)) {
      if (launched && launches >= LAUNCHES) throw new Error(startFailure(cluster, launched));
      if (clearRemains(cluster)) {
        launched = launch(cluster, wantedPort ?? (await findPort(cluster)), settings);
        launches++;
      }
    }
    await delay(POLL_MS);
  }
}

/** Ends a server that was started for whoever wants it no longer, also while it starts or recovers. */
async function end(launched: Launch): Promise<void> {
  launched.process.kill('SIGINT');
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  while (!launched.exited) {
    if (performance.now() > deadline) launched.process.kill('SIGQUIT');
    await delay(POLL_MS);
  }
}

/** Fast shutdown; resolves when the server has written everything and let go of its folder. */
export async function stopServer(cluster: Cluster): Promise<void> {
  const server = findServer(cluster);
  if (!server) return;
  signal(server.pid, 'SIGINT');
  const deadline = performance.now() + STOP_TIMEOUT_MS;
  let forced = false;
  while (findServer(cluster)?.pid === server.pid) {
    if (!forced && performance.now() > deadline) {
      forced = true;
      signal(server.pid, 'SIGQUIT');
    }
    await delay(POLL_MS);
  }
}

/** The live server of this cluster. What postmaster.pid says is not enough: after kill -9, any process may have its pid. */
export function findServer(cluster: Cluster): PidFile | undefined {
  const file = readPidFile(cluster);
  return file && findProcesses(`cluster_name=${tagOf(cluster.folder)}`, file.pid).length > 0
    ? file
    : undefined;
}

/** https://www.postgresql.org/docs/18/storage-file-layout.html: pid, folder, start, port, sockets, address, memory, status. */
function readPidFile(cluster: Cluster): PidFile | undefined {
  try {
    const text = readFileSync(join(cluster.folder, 'postmaster.pid'), 'utf8');
    const lines = text.split('\n');
    const pid = Math.abs(Number(lines[0])); // Negative in single-user mode.
    return pid > 0 ? { pid, port: Number(lines[3]), status: (lines[7] ?? '').trim(), text } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Ends what a server killed with -9 left behind and PostgreSQL would refuse to start over: children that still hold its
 * shared memory, and a postmaster.pid whose pid went to an unrelated process. True when nothing is left.
 */
export function clearRemains(cluster: Cluster): boolean {
  const family = findProcesses(tagOf(cluster.folder));
  const children = family.filter(({ command }) => command.startsWith('postgres:'));
  const orphans = children.filter(({ parent }) => !family.some(({ pid }) => pid === parent));
  for (const { pid } of orphans) signal(pid, 'SIGKILL');

  const stale = readPidFile(cluster);
  if (stale && isRunning(stale.pid) && !findServer(cluster) && readPidFile(cluster)?.text === stale.text) {
    rmSync(join(cluster.folder, 'postmaster.pid'), { force: true });
  }
  return orphans.length === 0;
}

type Launch = { process: ChildProcess; port: number; exited: boolean; logOffset: number };

function launch(cluster: Cluster, port: number, settings: Settings): Launch {
  const all: Settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    cluster_name: tagOf(cluster.folder),
    timezone: 'UTC',
    log_timezone: 'UTC',
    // Statement errors go to the client, who logs them: the server's words would put coupon codes into its log.
    log_min_messages: 'log',
    log_error_verbosity: 'terse',
    ...roomToWrite(),
    ...settings,
  };
  const flags = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${String(value)}`]);
  const log = openLog(cluster);
  const logOffset = fstatSync(log).size;
  const args = ['-D', cluster.path, '-p', String(port), ...flags];
  const child = spawnOn(cluster, cluster.binaries.postgres, args, ['ignore', log, log]);
  const launched: Launch = { process: child, port, exited: false, logOffset };
  child.on('error', () => (launched.exited = true));
  child.on('exit', () => (launched.exited = true));
  child.unref();
  closeSync(log);
  return launched;
}

/**
 * Random coupons of a large book are random pages of its table and indexes. PostgreSQL's defaults have too little room for them: pages are
 * pushed out of memory and read again, and checkpoints follow each other, after each of which every page is logged whole. Logged pages
 * are not compressed: pglz, the only kind that our binaries have, made an assignment three times as slow.
 */
function roomToWrite(): Settings {
  const memory = Math.min(totalmem(), process.constrainedMemory() || Infinity);
  const buffers = Math.min(Math.max(memory / 8, 128 * MB), 1024 * MB);
  return { shared_buffers: `${Math.floor(buffers / MB)}MB`, max_wal_size: '4GB' };
}

function openLog(cluster: Cluster): number {
  const path = join(cluster.dataDir, LOG);
  const log = openSync(path, 'a', 0o600);
  // Or the owner of the data could not start it after root did.
  if (cluster.runAs) fchownSync(log, cluster.runAs.uid, cluster.runAs.gid);
  if (fstatSync(log).size < LOG_LIMIT_BYTES) return log;
  closeSync(log);
  renameSync(path, `${path}.1`);
  return openLog(cluster);
}

function startFailure(cluster: Cluster, launched: Launch): string {
  const log = readFileSync(join(cluster.dataDir, LOG))
    .subarray(launched.logOffset)
    .toString('utf8')
    .replaceAll(cluster.path, cluster.folder);
  const where = `its log is ${join(cluster.dataDir, LOG)}`;
  if (/could not bind/.test(log))
    return `Port ${launched.port} for the database is taken by another program: choose another one.`;
  if (/No space left/.test(log))
    return `The database has no space left in ${cluster.dataDir}: make room on that disk and start again.`;
  return `The database does not start (${firstReason(log) ?? 'without a reason'}): ${where}.`;
}

/** The port of last time, as PostgreSQL notes its command line itself; else a free one. */
async function findPort(cluster: Cluster): Promise<number> {
  const last = Number(/"-p" "(\d+)"/.exec(readLastCommand(cluster))?.[1]);
  return last && (await isFree(last)) ? last : findFreePort();
}

function readLastCommand(cluster: Cluster): string {
  try {
    return readFileSync(join(cluster.folder, 'postmaster.opts'), 'utf8');
  } catch {
    return '';
  }
}
