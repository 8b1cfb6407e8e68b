import type { Database, Transaction } from '../../src/database/connection.ts';
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

/** `db`, whose transactions fail now and then. */
export function withFaults(db: Database, random: Random, rates: FaultRates): Database {
  const quiet = 1 - rates.defect - rates.deadlock - rates.lostBefore - rates.lostAfter;
  const failing = async <T>(work: (trx: Transaction) => Promise<T>, fault: InjectedFault): Promise<T> =>
    db.transaction().execute(async (trx) => {
      await work(trx);
      throw fault;
    });
  const execute = async <T>(work: (trx: Transaction) => Promise<T>): Promise<T> => {
    switch (random.weighted({ quiet, ...rates })) {
      case 'defect':
        return failing(work, new InjectedFault(undefined, false));
      case 'deadlock':
        return failing(work, new InjectedFault('40P01', false));
      case 'lostBefore':
        return failing(work, new InjectedFault('ECONNRESET', false));
      case 'lostAfter':
        await db.transaction().execute(work);
        throw new InjectedFault('ECONNRESET', true);
      case 'quiet':
        return db.transaction().execute(work);
    }
  };
  // Of a database, the commands use only this.
  return { transaction: () => ({ execute }) } as unknown as Database;
}
