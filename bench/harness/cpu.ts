import { readdirSync, readFileSync } from 'node:fs';

interface Times {
  parent: number;
  /** Of the process itself and of children that have ended, in seconds. */
  seconds: number;
}

const TICKS_PER_SECOND = 100; // USER_HZ: the same on every Linux that Node runs on.

/** CPU seconds that a process and its descendants have used, those that ended included. NaN where there is no /proc. */
export function cpuSeconds(pid: number): number {
  const all = new Map(
    processIds().flatMap((id) => {
      const times = readTimes(id);
      return times ? [[id, times]] : [];
    }),
  );
  const sum = (id: number): number =>
    [...all].reduce(
      (total, [child, { parent }]) => (parent === id ? total + sum(child) : total),
      all.get(id)?.seconds ?? Number.NaN,
    );
  return sum(pid);
}

/**
 * CPU seconds that all processes of the machine have used, and those that its hypervisor gave to others while they wanted to run; NaN
 * where there is no /proc.
 */
export function cpuSecondsOfAll(): { used: number; stolen: number } {
  try {
    // "cpu user nice system idle iowait irq softirq steal …"
    const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
      .split('\n')[0]!
      .trim()
      .split(/\s+/)
      .slice(1)
      .map((ticks) => Number(ticks) / TICKS_PER_SECOND);
    return { used: user! + nice! + system! + irq! + softirq!, stolen: steal! };
  } catch {
    return { used: Number.NaN, stolen: Number.NaN };
  }
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return [];
  }
}

function readTimes(pid: number): Times | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // "pid (name) state parent …"; the name may contain blanks and parentheses. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = fields.slice(11, 15).reduce((total, field) => total + Number(field), 0);
    return { parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return undefined; // It ended while we were reading.
  }
}

/** Largest resident memory of a process so far, in MB; NaN where there is no /proc. */
export function peakMemory(pid: number): number {
  try {
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
