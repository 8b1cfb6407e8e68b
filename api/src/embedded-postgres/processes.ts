import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync, statSync } from 'node:fs';
import type { RunAs } from './account.ts';
import { environment } from './binaries.ts';

export type Process = { pid: number; parent: number; command: string };

type Stdio = number | 'ignore' | 'pipe';

/**
 * What PostgreSQL is told as its folder. The server's user may not be able to enter the folders above its data (a clone in /root). It
 * gets the folder opened, as number 3, and Linux follows that name without walking there. So the data stay where DATA_DIR says, and
 * no folder that is not ours is opened to anybody. (Its working directory would not do: before 16, PostgreSQL leaves that and
 * cannot come back.)
 */
export function pathFor(folder: string, runAs: RunAs | undefined): string {
  return runAs && process.platform === 'linux' ? '/proc/self/fd/3' : folder;
}

/** Starts a program of PostgreSQL on a folder. It is detached: Ctrl-C is for us. */
export function spawnOn(
  { folder, runAs }: { folder: string; runAs: RunAs | undefined },
  program: string,
  args: readonly string[],
  stdio: [Stdio, Stdio, Stdio],
): ChildProcess {
  const opened = openSync(folder, 'r');
  try {
    return spawn(program, args, {
      cwd: '/',
      env: environment,
      detached: true,
      stdio: [...stdio, opened],
      ...runAs,
    });
  } finally {
    closeSync(opened);
  }
}

/** Names PostgreSQL's folder in the command lines of its processes: that folder, also when it was moved. */
export function tagOf(folder: string): string {
  const { dev, ino } = statSync(folder);
  return `coupon-book-${dev}-${ino}`;
}

/**
 * The processes whose command line contains `tag`, all or one. Command lines are the one thing every user may read
 * about every process: a container's root may not follow /proc/<pid>/cwd of another user. Zombies have none.
 */
export function findProcesses(tag: string, pid?: number): Process[] {
  const processes = process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
  return processes.filter(({ command }) => command.includes(tag));
}

function fromProc(pid?: number): Process[] {
  const pids = pid ? [String(pid)] : readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.flatMap((name) => {
    try {
      const command = readFileSync(`/proc/${name}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // "pid (name) state parent …"; the name may contain blanks and parentheses.
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return [{ pid: Number(name), parent, command }];
    } catch {
      return []; // It ended while we were reading.
    }
  });
}

function fromPs(pid?: number): Process[] {
  const which = pid ? ['-p', String(pid)] : ['-ax'];
  try {
    const lines = execFileSync('ps', ['-ww', ...which, '-o', 'pid=,ppid=,command='], {
      encoding: 'utf8',
    }).split('\n');
    return lines.flatMap((line) => {
      const match = /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(line);
      return match ? [{ pid: Number(match[1]), parent: Number(match[2]), command: match[3]! }] : [];
    });
  } catch {
    return []; // ps exits with 1 when there is no such process.
  }
}

/** True when a signal could be sent to `pid`, or only the right to is missing. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Signals a process that may be gone already. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
