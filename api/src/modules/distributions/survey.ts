import { allowBulkWork } from '../../database/bulk.ts';
import type { Transaction } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { selectBookWithStockForKeyShare } from '../coupons/queries.ts';
import { refuseAssignment } from '../coupons/state.ts';
import { findPool } from '../pools/queries.ts';
import { assess, type Assessment, type Entrant, roomOf, type Terms } from './draw.ts';
import { findStockAndMembers, type Member } from './queries.ts';

/** What a distribution shall do. */
export interface DistributionOrder {
  poolId: string;
  bookId: string;
  mode: Terms['mode'];
  perUser: number | null;
  total: number | null;
  onShortage: 'refuse' | 'partial';
}

/** What there is to distribute, and to whom. */
export interface Survey extends Assessment {
  terms: Terms;
  /** Who can be given coupons at all, in ascending order of ids. */
  list: Entrant[];
  emails: Map<string, string>;
  disabled: Member[];
  /** Members of the list who have the book's limit already. */
  full: number;
  missing: number;
}

/**
 * Looks at pool and book as they are now.
 * @throws {Problem} not-found, book-not-active; conflict for a pool without members
 */
export async function surveyDistribution(
  trx: Transaction,
  order: DistributionOrder,
  { inRequest = false } = {},
): Promise<Survey> {
  await allowBulkWork(trx, { inRequest });
  if (!(await findPool(trx, order.poolId))) throw new Problem('not-found', 'no-such-pool');
  const book = await selectBookWithStockForKeyShare(trx, order.bookId, 0);
  if (!book) throw new Problem('not-found', 'no-such-book');
  if (refuseAssignment(book, 0, book.now) === 'book-not-active') {
    throw new Problem('book-not-active');
  }
  const { stock, members } = await findStockAndMembers(trx, order.poolId, order.bookId);
  if (members.length === 0) throw new Problem('conflict', 'pool-empty');
  const { mode, perUser, total } = order;
  const terms = { mode, perUser, total, bookLimit: book.maxAssignmentsPerUser, stock };
  const list = members
    .filter(({ disabled }) => !disabled)
    .map(({ userId, already }) => ({ userId, already }));
  const assessment = assess(terms, list);
  return {
    ...assessment,
    terms,
    list,
    emails: new Map(members.map(({ userId, email }) => [userId, email])),
    disabled: members.filter(({ disabled }) => disabled),
    full: list.filter((entrant) => roomOf(terms, entrant) === 0).length,
    missing: assessment.needed - assessment.planned,
  };
}

/** @throws {Problem} book-exhausted or assignment-limit-reached with the numbers, when not all that is asked for can be given */
export function refuseShortage({ terms, needed, capacity, planned, missing }: Survey): void {
  if (missing === 0) return;
  const values = { needed, stock: terms.stock, possible: planned, missing };
  if (terms.stock < Math.min(needed, capacity)) {
    throw new Problem('book-exhausted', { reason: 'stock-too-small', values });
  }
  throw new Problem('assignment-limit-reached', { reason: 'limits-too-small', values });
}
