import type { Database } from '../../src/database/connection.ts';
import type { PooledConnection } from '../../src/database/pooled-connection.ts';
import type { Random } from './random.ts';

/** What a transaction meets: a defect in it, a deadlock, a connection lost before or after its COMMIT. */
export interface FaultRates {
  defect: number;
  deadlock: number;
  lostBefore: number;
  lostAfter: number;
}

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
  const quiet = 1 - rates.defect - rates.deadlock - rates.lostBefore - rates.lostAfter;
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
  const withConnectionProvider = executor.withConnectionProvider.bind(executor);
  // Of a database, the commands use only this.
  return { getExecutor: () => ({ provideConnection, withConnectionProvider }) } as unknown as Database;
}

function failing(connection: PooledConnection, fault: InjectedFault): PooledConnection {
  const faulty: Partial<PooledConnection> = {
    begin: (how) => connection.begin(how),
    executeQuery: (query) => connection.executeQuery(query),
    commitWithNext: () => undefined,
    rollback: () => connection.rollback(),
    async commit() {
      if (fault.committed) await connection.commit();
      throw fault;
    },
  };
  return faulty as PooledConnection;
}
