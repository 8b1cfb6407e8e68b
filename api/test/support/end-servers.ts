// Run in each process of tests (see vitest.config.ts). When the run is interrupted, the database servers that they have started would
// outlive it: they are detached. Coupon Book's own processes end by themselves then.
import { findProcesses, signal } from '../../src/embedded-postgres/processes.ts';

const MARK = Symbol.for('coupon-book: ends its servers');
const marked = process as NodeJS.Process & { [MARK]?: boolean };

// Once, though it is loaded for each file.
if (!marked[MARK]) {
  marked[MARK] = true;
  process.once('exit', () => {
    for (const { pid, parent, command } of findProcesses(''))
      if (parent === process.pid && /postgres|pgbouncer/.test(command)) signal(pid, 'SIGQUIT');
  });
}
