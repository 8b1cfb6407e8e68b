import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export type Process = { pid: number; parent: number; command: string };

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
