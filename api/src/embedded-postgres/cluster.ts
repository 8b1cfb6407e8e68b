import { chownSync, closeSync, existsSync, fsyncSync, mkdirSync, mkdtempSync, openSync } from 'node:fs';
import {
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { accountFor, type RunAs } from './account.ts';
import { findBinaries, majorOf, type Binaries } from './binaries.ts';
import { firstReason } from './log.ts';
import { pathFor, spawnOn, tagOf } from './processes.ts';
import { APP_PASSWORD, makePassword, makePasswords, makeRoles, OLD_PASSWORD } from './roles.ts';
import { SUPERUSER, SUPERUSER_PASSWORD, UNFINISHED } from './roles.ts';

/** A data folder that a server can be started on. */
export type Cluster = {
  /** Ours: `postgres/`, the server's log, and what an interrupted initdb leaves. */
  dataDir: string;
  /** PostgreSQL's own folder, `<dataDir>/postgres`. */
  folder: string;
  /** What PostgreSQL is told as its folder: see pathFor(). */
  path: string;
  binaries: Binaries;
  runAs: RunAs | undefined;
  /** What it holds survives a power cut. */
  durable: boolean;
};

export type ClusterOptions = {
  dataDir: string;
  durable: boolean;
  /** The folder of an installed PostgreSQL's programs, instead of ours. */
  bin: string | undefined;
};

const FOLDER = 'postgres';
export const LOG = 'postgres.log';

/**
 * Opens the cluster in `dataDir`, making it when there is none. Safe when several do so at once, and when one is killed
 * half-way: initdb works under a name of its own, and the first to rename its result wins.
 * @throws in one sentence that says what to do, when the folder is not ours or cannot be used
 */
export async function openCluster({ dataDir, durable, bin }: ClusterOptions): Promise<Cluster> {
  const root = openFolder(dataDir);
  const folder = join(root, FOLDER);
  const runAs = process.getuid?.() === 0 ? accountFor(root) : undefined;
  const binaries = findBinaries(runAs, bin);
  const cluster = { dataDir: root, folder, path: pathFor(folder, runAs), binaries, runAs, durable };
  if (!existsSync(folder)) await initialise(cluster);
  refuseOthers(cluster);
  return cluster;
}

/** Whether there is a database of ours in `dataDir`. */
export function hasCluster(dataDir: string): boolean {
  const folder = join(resolve(dataDir), FOLDER);
  return [APP_PASSWORD, OLD_PASSWORD].some((file) => existsSync(join(folder, file)));
}

/** Of the application's role. */
export function readPassword(cluster: Cluster, file = APP_PASSWORD): string {
  return readFileSync(join(cluster.folder, file), 'utf8').trim();
}

/**
 * The url of a database in `dataDir` for who maintains it (benchmarks, tests, people), as superuser. Nothing that serves uses it.
 * @param url of the same database, as the application
 */
export function superuserUrl(url: string, dataDir: string): string {
  const password = readFileSync(join(dataDir, FOLDER, SUPERUSER_PASSWORD), 'utf8').trim();
  return Object.assign(new URL(url), { username: SUPERUSER, password }).href;
}

/** For makeRoles(): the same folder when no server runs on it. */
export function rolesTarget({ folder, path, binaries, runAs, durable }: Cluster) {
  const flags = ['-c', `cluster_name=${tagOf(folder)}`, ...(durable ? [] : ['-c', 'fsync=off'])];
  return { folder, path, binaries, runAs, flags };
}

/** Removes what interrupted first starts left. Only for the owner of a finished cluster: nobody needs them then. */
export function removeUnfinished(cluster: Cluster): void {
  for (const name of readdirSync(cluster.dataDir).filter((entry) => entry.startsWith(UNFINISHED))) {
    remove(join(cluster.dataDir, name));
  }
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    // An initdb whose parent was killed still writes there. The next start has another try.
  }
}

function openFolder(dataDir: string): string {
  const path = resolve(dataDir);
  let entries: string[];
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    entries = readdirSync(path);
  } catch (error) {
    throw new Error(
      `Cannot use ${path} for the database (${codeOf(error)}): set DATA_DIR to a folder this user may write to.`,
      { cause: error },
    );
  }
  const foreign = entries.filter(
    (name) => !name.startsWith('.') && !name.startsWith(UNFINISHED) && name !== 'lost+found',
  );
  const isOurs = entries.includes(FOLDER) ? hasCluster(path) : foreign.length === 0;
  // A folder we may not look into is no stranger's: refuseOthers() has the better words.
  if (!isOurs && !isClosed(join(path, FOLDER))) {
    throw new Error(
      `${path} holds other files and no database of Coupon Book: set DATA_DIR to an empty folder or a new one.`,
    );
  }
  return realpathSync(path);
}

function isClosed(folder: string): boolean {
  try {
    readdirSync(folder);
    return false;
  } catch (error) {
    return codeOf(error) === 'EACCES';
  }
}

function refuseOthers({ folder, binaries, runAs }: Cluster): void {
  const { uid } = statSync(folder);
  if (!runAs && uid !== process.getuid?.()) {
    throw new Error(
      `${folder} belongs to user ${uid}: start as that user or as root, or set DATA_DIR to another folder.`,
    );
  }
  const version = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  if (Number(version) !== majorOf(binaries.version)) {
    throw new Error(
      `${folder} was written by PostgreSQL ${version}, and this is ${binaries.version}: set EMBEDDED_POSTGRES_BIN to the ` +
        `bin folder of a PostgreSQL ${version}, or DATA_DIR to a new folder; pg_dump and pg_restore carry data over.`,
    );
  }
}

async function initialise(cluster: Cluster): Promise<void> {
  const { dataDir, durable, runAs } = cluster;
  let folder = '';
  try {
    folder = mkdtempSync(join(dataDir, UNFINISHED));
    const password = `${folder}.password`;
    writeFileSync(password, makePassword(), { mode: 0o600, flag: 'wx', flush: true });
    if (runAs) for (const path of [folder, password]) chownSync(path, runAs.uid, runAs.gid);

    const unfinished = { ...cluster, folder, path: pathFor(folder, runAs) };
    await runInitdb(unfinished, password);
    renameSync(password, join(folder, SUPERUSER_PASSWORD));
    makePasswords(folder, runAs);
    await makeRoles(rolesTarget(unfinished));

    renameSync(folder, cluster.folder);
    if (durable) for (const path of [cluster.folder, dataDir]) syncFolder(path);
  } catch (error) {
    if (folder) for (const path of [folder, `${folder}.password`]) remove(path);
    if (hasCluster(dataDir)) return; // Somebody else was faster and has tidied up.
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot create the database in ${dataDir} (${reason}): ${adviceFor(reason)}.`, {
      cause: error,
    });
  }
}

function adviceFor(reason: string): string {
  if (/ENOSPC|No space|wrote only/i.test(reason))
    return 'make room on that disk (100 MB), or set DATA_DIR to another one';
  if (reason.includes('effective user ID'))
    return 'start as a user that the system knows by name, or set DATABASE_URL';
  return 'set DATA_DIR to a folder this user may write to';
}

async function runInitdb({ folder, path, binaries, runAs, durable }: Cluster, password: string) {
  const args = [
    ...['-D', path, '-E', 'UTF8', ...localeFlags(majorOf(binaries.version))],
    // From standard input, which needs no way to the file either.
    ...['-U', SUPERUSER, '-A', 'scram-sha-256', '--pwfile=/dev/stdin'],
    ...(durable ? [] : ['--no-sync']),
  ];
  const stdin = openSync(password, 'r');
  try {
    const child = spawnOn({ folder, runAs }, binaries.initdb, args, [stdin, 'ignore', 'pipe']);
    let stderr = '';
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    await new Promise<void>((done, failed) => {
      child.on('error', failed);
      child.on('close', (code, signal) => {
        if (code === 0) done();
        else failed(new Error(firstReason(stderr) ?? `initdb ended with ${signal ?? code}`));
      });
    });
  } finally {
    closeSync(stdin);
  }
}

/** Sorted by code point, with upper and lower case of all letters. Before 17 PostgreSQL had to ask the system for the latter. */
function localeFlags(major: number): string[] {
  if (major >= 17) return ['--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const letters = process.platform === 'darwin' ? 'en_US.UTF-8' : 'C.UTF-8';
  return ['--locale=C', `--lc-ctype=${letters}`];
}

export function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
