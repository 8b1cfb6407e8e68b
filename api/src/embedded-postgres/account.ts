import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fchownSync,
  fstatSync,
} from 'node:fs';
import { lchownSync, lstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** The user a server runs as when we are root, since PostgreSQL refuses root. */
export type RunAs = { uid: number; gid: number };

const ACCOUNT = 'coupon-book';
const NOWHERE = '/nonexistent';

/**
 * As root, the server runs as the owner of the data folder when that is an ordinary user, else as an account of its own, which is made
 * when it is missing. Never as `nobody`: what runs as nobody shares its files and its memory with everything else that does.
 * @throws in one sentence that says what to do, when the account cannot be made
 */
export function accountFor(dataDir: string): RunAs {
  const { uid, gid } = lstatSync(dataDir);
  if (uid !== 0 && uid !== findAccount('nobody')?.uid) return { uid, gid: gid || uid };
  // Or nobody could put another folder in the place of ours.
  if (uid !== 0) chownSync(dataDir, 0, 0);
  const account = findAccount(ACCOUNT) ?? makeAccount();
  if (account.uid === 0) throw new Error(`The account ${ACCOUNT} is root by another name: ${ADVICE}.`);
  return account;
}

const ADVICE =
  `make a system account named ${ACCOUNT}, start Coupon Book as an ordinary user, ` +
  'or set DATABASE_URL to a PostgreSQL 15 or newer';

/** Several first starts at once may get here: whoever comes second finds the account. */
function makeAccount(): RunAs {
  const shell = ['/usr/sbin/nologin', '/sbin/nologin'].find((path) => existsSync(path)) ?? '/bin/false';
  const useradd = ['useradd', '--system', '--no-create-home', '--home-dir', NOWHERE, '--shell', shell];
  const busybox = ['adduser', '-S', '-D', '-H', '-h', NOWHERE, '-s', shell, '-G', ACCOUNT];
  const commands = [
    [...useradd, '--user-group', ACCOUNT],
    [...useradd, '--gid', ACCOUNT, ACCOUNT], // A group of that name is there already.
    ['addgroup', '-S', ACCOUNT], // Alpine has no useradd.
    [...busybox, ACCOUNT],
  ];
  let reason = '';
  for (const [command, ...args] of commands) {
    const env = { PATH: `${process.env.PATH ?? ''}:/usr/sbin:/sbin:/usr/bin:/bin`, LC_ALL: 'C' };
    const { stderr, error } = spawnSync(command!, args, { env, encoding: 'utf8' });
    const account = findAccount(ACCOUNT);
    if (account) return account;
    reason ||= error ? '' : stderr.trim().split('\n')[0]!;
  }
  throw new Error(
    `PostgreSQL does not run as root, and the account ${ACCOUNT}, which it would run as, cannot be made ` +
      `(${reason || 'this system has neither useradd nor adduser'}): ${ADVICE}.`,
  );
}

export function findAccount(name: string): RunAs | undefined {
  const id = (flag: string) => spawnSync('id', [flag, name], { encoding: 'utf8' });
  const [uid, gid] = [id('-u'), id('-g')];
  if (uid.status !== 0 || gid.status !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/**
 * Gives a folder and all that is in it to `owner`, and closes it to everybody else. No server may run on it. While it is under way
 * the folder is root's, so one that was interrupted is repeated.
 *
 * Whoever had the folder may have put links into it that lead elsewhere: none is followed, and none is given away.
 * @throws in one sentence, when there is something in it that PostgreSQL would not have put there
 */
export function giveTo(folder: string, owner: RunAs): void {
  lchownSync(folder, 0, 0);
  chmodSync(folder, 0o700);
  const top = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  try {
    giveContents(top, folder, owner);
    fchownSync(top, owner.uid, owner.gid);
  } finally {
    closeSync(top);
  }
}

function giveContents(folder: number, name: string, owner: RunAs): void {
  // By way of the open folder, which nobody can replace by another meanwhile; where there is no /proc, by name.
  const path = process.platform === 'linux' ? `/proc/self/fd/${folder}` : name;
  for (const entry of readdirSync(path)) {
    const inside = join(path, entry);
    const kind = lstatSync(inside);
    if (!kind.isDirectory() && !kind.isFile()) throw strange(join(name, entry));
    const opened = openSync(inside, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = fstatSync(opened);
      if (!found.isDirectory() && (!found.isFile() || found.nlink > 1)) throw strange(join(name, entry));
      if (found.isDirectory()) {
        fchownSync(opened, 0, 0);
        fchmodSync(opened, 0o700);
        giveContents(opened, join(name, entry), owner);
      }
      fchownSync(opened, owner.uid, owner.gid);
    } finally {
      closeSync(opened);
    }
  }
}

const strange = (path: string) =>
  new Error(
    `${path} is a link or a device, not a file of PostgreSQL's own: remove it, or set DATA_DIR to another folder.`,
  );
