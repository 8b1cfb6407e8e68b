import { findProcesses, type Process, signal } from '../../src/embedded-postgres/processes.ts';

/**
 * Ends everything that this process has started, and what that has started in turn. Servers of tests are detached, and would outlive a run
 * that is interrupted: the runners kill their workers, which then end nothing any more.
 */
export function endDescendants(): void {
  const processes = findProcesses('');
  const childrenOf = (pid: number): Process[] =>
    processes.filter(({ parent }) => parent === pid).flatMap((child) => [child, ...childrenOf(child.pid)]);
  for (const { pid, command } of childrenOf(process.pid)) {
    // PostgreSQL ends its own processes and frees its shared memory.
    if (!command.startsWith('postgres:'))
      signal(pid, /^(\S*\/)?postgres(\s|$)/.test(command) ? 'SIGQUIT' : 'SIGKILL');
  }
}
