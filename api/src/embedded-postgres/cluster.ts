import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  fsyncSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
} from 'node:fs';
import {
  openSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { environment, findBinaries, nobody, type Binaries, type RunAs } from './binaries.ts';

/** A data folder that a server can be started on. */
export type Cluster = {
  /** Ours: `postgres/`, the server's log, and what an interrupted initdb leaves. */
  dataDir: string;
  /** PostgreSQL's own folder, `<dataDir>/postgres`. */
  folder: string;
  /** What PostgreSQL is told as its folder: see serverPath(). */
  path: string;
  binaries: Binaries;
  runAs: RunAs | undefined;
  password: string;
};

const FOLDER = 'postgres';
const PASSWORD = 'coupon-book.password';
export const LOG = 'postgres.log';
const UNFINISHED = 'init-';

/**
 * Opens the cluster in `dataDir`, making it when there is none. Safe when several do so at once, and when one is killed
 * half-way: initdb works under a name of its own, and the first to rename its result wins.
 * @throws in one sentence that says what to do, when the folder is not ours or cannot be used
 */
export async function openCluster(dataDir: string, durable: boolean): Promise<Cluster> {
  const root = openFolder(dataDir);
  const folder = join(root, FOLDER);
  const runAs = process.getuid?.() === 0 ? ownerOf(folder) : undefined;
  const binaries = findBinaries(runAs);
  if (!existsSync(folder)) await initialise(root, binaries, runAs, durable);
  refuseOthers(folder, binaries, runAs);
  const password = readFileSync(join(folder, PASSWORD), 'utf8').trim();
  return { dataDir: root, folder, path: serverPath(folder, runAs), binaries, runAs, password };
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
  const isOurs = entries.includes(FOLDER) ? existsSync(join(path, FOLDER, PASSWORD)) : foreign.length === 0;
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

/** As root, the server runs as the owner of its data; data of root's own (new, or copied by root) goes to `nobody`. */
function ownerOf(folder: string): RunAs {
  if (!existsSync(folder)) return nobody();
  const { uid, gid } = lstatSync(folder);
  if (uid !== 0) return { uid, gid };
  const owner = nobody();
  for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    lchownSync(join(folder, entry), owner.uid, owner.gid);
  }
  chmodSync(folder, 0o700); // PostgreSQL insists on it, and `cp -r` does not keep it.
  lchownSync(folder, owner.uid, owner.gid); // Last: it is what says that all is done.
  return owner;
}

/**
 * The server's user may not be able to enter the folders above its data (a clone in /root). Its working directory is
 * its data folder though, entered before the user is changed, and Linux names that without walking there. So the data
 * stays where DATA_DIR says, and no folder that is not ours is opened to anybody.
 */
function serverPath(folder: string, runAs: RunAs | undefined): string {
  return runAs && process.platform === 'linux' ? '/proc/self/cwd' : folder;
}

function refuseOthers(folder: string, binaries: Binaries, runAs: RunAs | undefined): void {
  const { uid } = statSync(folder);
  if (!runAs && uid !== process.getuid?.()) {
    throw new Error(
      `${folder} belongs to user ${uid}: start as that user or as root, or set DATA_DIR to another folder.`,
    );
  }
  const version = readFileSync(join(folder, 'PG_VERSION'), 'utf8').trim();
  if (version !== binaries.version.split('.')[0]) {
    throw new Error(
      `${folder} was written by PostgreSQL ${version}, this Coupon Book comes with ${binaries.version}: ` +
        `set DATA_DIR to a new folder, or dump it with PostgreSQL ${version} and restore it into a new one.`,
    );
  }
}

async function initialise(
  root: string,
  binaries: Binaries,
  runAs: RunAs | undefined,
  durable: boolean,
): Promise<void> {
  const finished = join(root, FOLDER);
  let folder = '';
  try {
    folder = mkdtempSync(join(root, UNFINISHED));
    const password = `${folder}.password`;
    writeFileSync(password, randomBytes(24).toString('base64url'), { mode: 0o600, flag: 'wx', flush: true });
    if (runAs) for (const path of [folder, password]) chownSync(path, runAs.uid, runAs.gid);

    const path = serverPath(folder, runAs);
    const encoding = ['-E', 'UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
    // From standard input, which needs no way to the file either.
    const authentication = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile=/dev/stdin'];
    const sync = durable ? [] : ['--no-sync'];
    await runInitdb(binaries, ['-D', path, ...encoding, ...authentication, ...sync], folder, password, runAs);

    renameSync(password, join(folder, PASSWORD));
    renameSync(folder, finished);
    if (durable) syncFolder(finished);
    if (durable) syncFolder(root);
  } catch (error) {
    if (folder) for (const path of [folder, `${folder}.password`]) remove(path);
    if (existsSync(join(finished, PASSWORD))) return; // Somebody else was faster and has tidied up.
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot create the database in ${root} (${reason}): ${adviceFor(reason)}.`, {
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

async function runInitdb(
  binaries: Binaries,
  args: string[],
  folder: string,
  password: string,
  runAs: RunAs | undefined,
): Promise<void> {
  const stdin = openSync(password, 'r');
  try {
    const child = spawn(binaries.initdb, args, {
      cwd: folder,
      env: environment,
      stdio: [stdin, 'ignore', 'pipe'],
      detached: true, // Ctrl-C is for us: a database that is half made would be reported as a folder that cannot be used.
      ...runAs,
    });
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

/** The first complaint in a log of PostgreSQL or initdb, without its prefix: the others follow from it. */
export function firstReason(log: string): string | undefined {
  return /(?:PANIC:|FATAL:|initdb: error:|initdb:)\s+(.+)/.exec(log)?.[1]?.trim();
}

function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
