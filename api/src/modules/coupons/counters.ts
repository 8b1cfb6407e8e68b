import { type RawBuilder, sql } from 'kysely';
import type { Transaction } from '../../database/connection.ts';

// How many coupons of a book each user has been given. A row for each (book, user): counting coupons instead would let a user who
// claims twice at once go over the limit.

export interface CounterChange {
  bookId: string;
  userId: string;
  count: number;
}

export const counterKey = (bookId: string, userId: string) => `${bookId} ${userId}`;

/** Users without any coupon are not in the map. */
export async function findAssignedCounts(
  trx: Transaction,
  bookId: string,
  userIds: readonly string[],
): Promise<Map<string, number>> {
  const { rows } = await sql<{ userId: string; assigned: number }>`
    SELECT user_id AS "userId", assigned FROM book_user_counters
    WHERE book_id = ${bookId} AND user_id = ANY(${userIds}::uuid[])`.execute(trx);
  return new Map(rows.map(({ userId, assigned }) => [userId, assigned]));
}

/** In the one order of locks. */
export async function selectCountersForUpdate(
  trx: Transaction,
  bookId: string,
  userIds: readonly string[],
): Promise<void> {
  await sql`
    SELECT FROM book_user_counters WHERE book_id = ${bookId} AND user_id = ANY(${userIds}::uuid[])
    ORDER BY user_id FOR UPDATE`.execute(trx);
}

/**
 * Raises counters before the coupons for it are selected, which locks them (by user, then book: the one order) until the transaction
 * ends. `storeOutcomes` lowers again what no coupon was given for.
 * @returns the counts before, by counterKey
 */
export async function raiseCounters(
  trx: Transaction,
  changes: readonly CounterChange[],
): Promise<Map<string, number>> {
  const sums = sumCounters(changes);
  if (sums.length === 0) return new Map();
  const { rows } = await raise(sums).execute(trx);
  const after = new Map(rows.map(({ bookId, userId, assigned }) => [counterKey(bookId, userId), assigned]));
  return new Map(
    sums.map(({ bookId, userId, count }) => {
      const key = counterKey(bookId, userId);
      return [key, after.get(key)! - count];
    }),
  );
}

const raise = (sums: readonly CounterChange[]) => sql<{ bookId: string; userId: string; assigned: number }>`
  INSERT INTO book_user_counters AS c (book_id, user_id, assigned)
  SELECT * FROM ${unnestChanges(sums)} ORDER BY user_id, book_id
  ON CONFLICT (book_id, user_id) DO UPDATE SET assigned = c.assigned + EXCLUDED.assigned
  RETURNING book_id AS "bookId", user_id AS "userId", assigned`;

/** The same, but fails when a counter comes to more than `most`; null: no limit. */
export async function raiseCountersUpTo(
  trx: Transaction,
  changes: readonly CounterChange[],
  most: number | null,
): Promise<void> {
  const sums = sumCounters(changes);
  await sql`
    WITH raised AS (${raise(sums)})
    SELECT require_count(count(*), ${sums.length}, 'a user is at the limit of the book')
    FROM raised WHERE ${most}::integer IS NULL OR assigned <= ${most}::integer`.execute(trx);
}

/** @param changes each counter once */
export async function lowerCounters(trx: Transaction, changes: readonly CounterChange[]): Promise<void> {
  if (changes.length === 0) return;
  await sql`
    UPDATE book_user_counters c SET assigned = c.assigned - r.assigned
    FROM ${unnestChanges(changes)}
    WHERE c.book_id = r.book_id AND c.book_id = ANY(${[...new Set(changes.map(({ bookId }) => bookId))]}::uuid[])
      AND c.user_id = r.user_id`.execute(trx);
}

const unnestChanges = (changes: readonly CounterChange[]): RawBuilder<unknown> => sql`
  unnest(${changes.map(({ bookId }) => bookId)}::uuid[], ${changes.map(({ userId }) => userId)}::uuid[],
         ${changes.map(({ count }) => count)}::integer[]) AS r(book_id, user_id, assigned)`;

/**
 * Several changes of one counter as one (UPDATE … FROM applies only one row per target), less others; those that come to nothing are
 * left out.
 */
export function sumCounters(
  changes: readonly CounterChange[],
  less: readonly CounterChange[] = [],
): CounterChange[] {
  const sums = new Map<string, CounterChange>();
  const add = ({ bookId, userId, count }: CounterChange, sign: number) => {
    const key = counterKey(bookId, userId);
    sums.set(key, { bookId, userId, count: (sums.get(key)?.count ?? 0) + sign * count });
  };
  for (const change of changes) add(change, 1);
  for (const change of less) add(change, -1);
  return [...sums.values()].filter(({ count }) => count !== 0);
}
