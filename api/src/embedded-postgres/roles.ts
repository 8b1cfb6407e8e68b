import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, linkSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RunAs } from './account.ts';
import type { Binaries } from './binaries.ts';
import { lastReason } from './log.ts';
import { spawnOn } from './processes.ts';

/** The database, and the role that owns it and nothing else: what the application is. */
export const DATABASE = 'coupon_book';
export const ROLE = 'coupon_book';
/** Made by initdb. For people who maintain the data; nothing of ours signs in as it. */
export const SUPERUSER = 'postgres';

export const APP_PASSWORD = 'app.password';
export const SUPERUSER_PASSWORD = 'superuser.password';
/** Of data made before the application had a role of its own: of the superuser. Removed as the last step of the change. */
export const OLD_PASSWORD = 'coupon-book.password';

/** How names beside PostgreSQL's folder begin that an interrupted start left. */
export const UNFINISHED = 'init-';

/** Only with a password, and only from this machine. */
const HBA = `# Written by Coupon Book.
host all         all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
`;

/** Objects that people or migrations have made, in the order in which they can be given away; sequences go with their tables. */
const GIVE_OBJECTS = `
  DO $do$ DECLARE command text; BEGIN
    FOR command IN
      SELECT format('ALTER %s %s OWNER TO ${ROLE}', replace(o.type, 'composite ', ''), o.identity)
      FROM (
        SELECT 'pg_namespace'::regclass AS classid, oid, 1 AS turn FROM pg_namespace WHERE nspowner <> '${ROLE}'::regrole
        UNION ALL
        SELECT 'pg_class'::regclass, oid, 2 FROM pg_class c WHERE relowner <> '${ROLE}'::regrole
          AND (relkind IN ('r', 'p', 'v', 'm', 'f') OR relkind = 'S' AND NOT EXISTS (
            SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'i')))
        UNION ALL
        SELECT 'pg_proc'::regclass, oid, 3 FROM pg_proc WHERE proowner <> '${ROLE}'::regrole
        UNION ALL
        SELECT 'pg_type'::regclass, oid, 4 FROM pg_type t WHERE typowner <> '${ROLE}'::regrole
          AND (typtype IN ('e', 'd', 'r') OR EXISTS (SELECT FROM pg_class WHERE oid = t.typrelid AND relkind = 'c'))
      ) found, pg_identify_object(found.classid, found.oid, 0) o
      WHERE found.oid >= 16384 AND o.identity !~ '^"?pg_' AND NOT EXISTS (
        SELECT FROM pg_depend d WHERE d.classid = found.classid AND d.objid = found.oid AND d.deptype = 'e')
      ORDER BY found.turn
    LOOP EXECUTE command; END LOOP;
  END $do$`;

/** Where the roles are to be made: PostgreSQL's folder, and what it is told as its folder. */
export type RolesTarget = {
  folder: string;
  path: string;
  binaries: Binaries;
  runAs: RunAs | undefined;
  /** Flags of the process, by which other starts recognise it. */
  flags: readonly string[];
};

/**
 * Makes the database and its role, gives them their passwords, and everything in the database to the role. Without a server: in
 * PostgreSQL's single-user mode, so that nobody can connect before all of it is done. Doing it again changes nothing.
 */
export async function makeRoles(target: RolesTarget): Promise<void> {
  const { folder } = target;
  const passwordOf = (file: string) => readFileSync(join(folder, file), 'utf8').trim();
  replaceFile(folder, 'pg_hba.conf', HBA, target.runAs);
  // It has no "if not exists"; whether it is there shows below.
  await runAlone(target, SUPERUSER, [], [`CREATE DATABASE ${DATABASE}`]);
  const rights = 'LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS';
  await runAlone(
    target,
    DATABASE,
    ['-c', 'exit_on_error=on'],
    [
      // An exception cannot be caught here: with exit_on_error each ends the session.
      `DO $do$ BEGIN IF to_regrole('${ROLE}') IS NULL THEN CREATE ROLE ${ROLE}; END IF; END $do$`,
      `ALTER ROLE ${ROLE} ${rights} PASSWORD '${passwordOf(APP_PASSWORD)}'`,
      `ALTER DATABASE ${DATABASE} OWNER TO ${ROLE}`,
      GIVE_OBJECTS,
      `ALTER ROLE ${SUPERUSER} PASSWORD '${passwordOf(SUPERUSER_PASSWORD)}'`,
    ],
  );
}

/** Makes the files of the two passwords, where they are missing: of several processes at once, all get the same. */
export function makePasswords(folder: string, runAs: RunAs | undefined): void {
  for (const file of [SUPERUSER_PASSWORD, APP_PASSWORD]) {
    if (existsSync(join(folder, file))) continue;
    inPrivate(folder, makePassword(), runAs, (made) => {
      try {
        linkSync(made, join(folder, file));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    });
  }
}

export const makePassword = (): string => randomBytes(24).toString('base64url');

function replaceFile(folder: string, file: string, text: string, runAs: RunAs | undefined): void {
  inPrivate(folder, text, runAs, (made) => renameSync(made, join(folder, file)));
}

/** Hands a whole file, on the disk and readable by its owner alone, to whoever puts it in its place. */
function inPrivate(
  folder: string,
  text: string,
  runAs: RunAs | undefined,
  place: (file: string) => void,
): void {
  const made = mkdtempSync(join(dirname(folder), UNFINISHED));
  try {
    const file = join(made, 'file');
    writeFileSync(file, text, { mode: 0o600, flag: 'wx', flush: true });
    if (runAs) chownSync(file, runAs.uid, runAs.gid);
    place(file);
  } finally {
    rmSync(made, { recursive: true, force: true });
  }
}

/** One session of PostgreSQL without a server; the statements come by a pipe, where no other process can read them. */
async function runAlone(
  { folder, path, binaries, runAs, flags }: RolesTarget,
  database: string,
  more: readonly string[],
  statements: readonly string[],
): Promise<void> {
  // Statements, and with them the passwords, are not for the log of what went wrong.
  const quiet = ['-c', 'log_min_error_statement=panic', '-c', 'log_min_messages=error'];
  const args = ['--single', '-D', path, ...flags, ...quiet, ...more, database];
  const child = spawnOn({ folder, runAs }, binaries.postgres, args, ['pipe', 'ignore', 'pipe']);
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  child.stdin!.on('error', () => undefined); // It ended before it had read everything: its words and status say why.
  // The end of a line is the end of a statement.
  child.stdin!.end(statements.map((statement) => `${statement.replaceAll(/\s+/g, ' ')}\n`).join(''));
  await new Promise<void>((done, failed) => {
    child.on('error', failed);
    child.on('close', (code, signal) => {
      if (code === 0) done();
      else failed(new Error(lastReason(stderr) ?? `postgres --single ended with ${signal ?? code}`));
    });
  });
}
