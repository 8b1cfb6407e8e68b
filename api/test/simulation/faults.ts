import type { Database } from '../../src/database/connection.ts';
import type { PooledConnection } from '../../src/database/pooled-connection.ts';
import { setTimeout as wait } from 'node:timers/promises';
import type { Random } from './random.ts';

/**
 * What a transaction meets: a defect in it, a deadlock, a connection lost before or after its COMMIT; or it hangs there, for longer than
 * some requests wait, and is carried out then or lost.
 */
export interface FaultRates {
  hang: number;
  hangAndLose: number;
  defect: number;
  deadlock: number;
  lostBefore: number;
  lostAfter: number;
}

/** How long a transaction hangs; see `PATIENCE_MS` of the driver. */
const HANG_MS = 60;

export class InjectedFault extends Error {
  readonly committed: boolean;
  readonly code: string | undefined;

  constructor(code: string | undefined, committed: boolean) {
    super(`injected: ${code ?? 'defect'}, ${committed ? 'after' : 'before'} COMMIT`);
    this.code = code;
    this.committed = committed;
  }
}

/** `db`, whose transactions fail now and then: instead of their COMMIT, or as if its answer had got lost. */
export function withFaults(db: Database, random: Random, rates: FaultRates): Database {
  const quiet = 1 - Object.values({ ...rates }).reduce((sum, rate) => sum + rate, 0);
  const nextFault = () => {
    switch (random.weighted({ quiet, ...rates })) {
      case 'defect':
        return new InjectedFault(undefined, false);
      case 'deadlock':
        return new InjectedFault('40P01', false);
      case 'lostBefore':
        return new InjectedFault('ECONNRESET', false);
      case 'lostAfter':
        return new InjectedFault('ECONNRESET', true);
      case 'hang':
        return 'hang';
      case 'hangAndLose':
        return 'hangAndLose';
      case 'quiet':
        return null;
    }
  };
  const executor = db.getExecutor();
  type Use<T> = (connection: PooledConnection) => Promise<T>;
  const provideConnection = <T>(use: Use<T>) => {
    const fault = nextFault();
    return executor.provideConnection((connection) =>
      use(fault ? failing(connection as PooledConnection, fault) : (connection as PooledConnection)),
    );
  };
  // Of a database, the commands use only this: transactions, and looks outside of them, which do not fail.
  const faulty = {
    provideConnection,
    withConnectionProvider: executor.withConnectionProvider.bind(executor),
    transformQuery: executor.transformQuery.bind(executor),
    compileQuery: executor.compileQuery.bind(executor),
    executeQuery: executor.executeQuery.bind(executor),
  };
  return { getExecutor: () => faulty } as unknown as Database;
}

function failing(
  connection: PooledConnection,
  fault: InjectedFault | 'hang' | 'hangAndLose',
): PooledConnection {
  const faulty: Partial<PooledConnection> = {
    begin: (how) => connection.begin(how),
    executeQuery: (query) => connection.executeQuery(query),
    commitWithNext: () => undefined,
    rollback: () => connection.rollback(),
    async commit() {
      if (typeof fault === 'string') await wait(HANG_MS);
      if (fault === 'hang') return connection.commit();
      if (fault === 'hangAndLose') throw new InjectedFault('ECONNRESET', false);
      if (fault.committed) await connection.commit();
      throw fault;
    },
  };
  return faulty as PooledConnection;
}
