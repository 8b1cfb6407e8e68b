// Work on a clone that only one process may do at a time, with nothing that could be stale. Plain JavaScript for Node 20.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_AGAIN_MS = 200;

/**
 * Waits until no other live process has announced itself in `lock`. Each announces itself first and looks at the others then, so two
 * never both find themselves alone. An announcement of a process that is gone counts for nothing.
 * @param what they do, for who waits
 * @returns ends the turn
 */
export async function takeTurn(lock, what) {
  for (let told = false; ; told = true) {
    const withdraw = announce(lock);
    const other = readdirSync(lock).find((name) => name !== String(process.pid) && isLive(lock, name));
    if (!other) return withdraw;
    withdraw();
    if (!told) console.error(`Process ${other} ${what}: waiting for it …`);
    // Not all at once again: of those that met, one shall be alone next time.
    await delay(LOOK_AGAIN_MS * (0.5 + Math.random()));
  }
}

/** Each process has a file of its own in the lock, named by its pid. @returns removes it; the end of the process does too */
export function announce(lock) {
  const mine = join(lock, String(process.pid));
  try {
    mkdirSync(lock, { recursive: true });
    // Whole or absent: others read it.
    writeFileSync(`${mine}.new`, startOf(process.pid));
    renameSync(`${mine}.new`, mine);
  } catch (error) {
    throw new Error(
      `Cannot write to ${dirname(lock)} (${error.code}): give this user the right to, or run npm ci there first.`,
      { cause: error },
    );
  }
  const withdraw = () => {
    process.off('exit', withdraw);
    rmSync(mine, { force: true });
  };
  process.once('exit', withdraw);
  return withdraw;
}

/** Whether the process that wrote this file runs; another one may have got its pid since. */
function isLive(lock, name) {
  if (!/^\d+$/.test(name)) return false;
  const path = join(lock, name);
  try {
    if (startOf(Number(name)) === readFileSync(path, 'utf8')) return true;
  } catch {
    return false; // Withdrawn while we looked.
  }
  // Nobody else writes to that name but a process of that pid, which would have found it stale as well.
  rmSync(path, { force: true });
  return false;
}

/** When a process was started, in the words of the system; empty when there is none. */
function startOf(pid) {
  if (process.platform !== 'linux') {
    return spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).stdout?.trim() ?? '';
  }
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // "pid (name) state …": the name may hold anything, the start is the 22nd field. A zombie runs no longer.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? '' : fields[19];
  } catch {
    return '';
  }
}
