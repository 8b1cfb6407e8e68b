import type { Static } from 'typebox';
import type { Transaction } from '../../database/connection.ts';
import { isTakenKey } from '../../database/errors.ts';
import { fieldProblem, Problem } from '../../problems.ts';
import { insertPool, selectPoolForNoKeyUpdate, type PoolRow, updatePool } from './queries.ts';
import type { newPool, poolChanges } from './schemas.ts';

/** @throws {Problem} conflict when the name is taken */
export function createPool(trx: Transaction, given: Static<typeof newPool>): Promise<PoolRow> {
  const { name, description = null, metadata = {} } = given;
  return refuseTakenName(insertPool(trx, { name: name.trim(), description, metadata }));
}

/** Changes what is given and leaves the rest. @throws {Problem} not-found, conflict when the name is taken */
export async function changePool(
  trx: Transaction,
  id: string,
  changes: Static<typeof poolChanges>,
): Promise<PoolRow> {
  const pool = await selectPoolForNoKeyUpdate(trx, id);
  if (!pool) throw new Problem('not-found', 'no-such-pool');
  const next = { ...pool, ...changes, name: changes.name?.trim() ?? pool.name };
  return refuseTakenName(updatePool(trx, id, next));
}

async function refuseTakenName<T>(saving: Promise<T>): Promise<T> {
  try {
    return await saving;
  } catch (error) {
    if (isTakenKey(error, 'user_pools_name'))
      throw fieldProblem({ in: 'body', pointer: '/name' }, 'taken', 'conflict');
    throw error;
  }
}
