import type { Transaction } from '../../database/connection.ts';
import { isTakenKey } from '../../database/errors.ts';
import { fieldProblem, Problem } from '../../problems.ts';
import type { PlainReason } from '../../reasons.ts';
import { readTime } from '../../times.ts';
import { shortenLocks } from '../coupons/queries.ts';
import {
  type BookRow,
  type BookSettings,
  insertBook,
  selectBookForNoKeyUpdate,
  updateBook,
} from './queries.ts';
import type { BookChanges, NewBook } from './schemas.ts';

/** @throws {Problem} invalid-request when the settings contradict each other, conflict when the name is taken */
export async function createBook(
  trx: Transaction,
  given: NewBook,
  defaultLockTtlSeconds: number,
): Promise<BookRow> {
  const allowMultipleRedemptions = given.allowMultipleRedemptions ?? false;
  const book: BookSettings = {
    name: given.name.trim(),
    description: given.description ?? null,
    startsAt: readDate(given.startsAt, '/startsAt'),
    expiresAt: readDate(given.expiresAt, '/expiresAt'),
    maxAssignmentsPerUser: given.maxAssignmentsPerUser ?? null,
    allowMultipleRedemptions,
    maxRedemptions:
      given.maxRedemptions === undefined
        ? defaultRedemptions(allowMultipleRedemptions)
        : given.maxRedemptions,
    lockTtlSeconds: given.lockTtlSeconds ?? defaultLockTtlSeconds,
    alertBelow: given.alertBelow ?? null,
    alertDaysBefore: given.alertDaysBefore ?? null,
    metadata: given.metadata ?? {},
  };
  checkSettings(book, given);
  return refuseTakenName(insertBook(trx, book));
}

/**
 * Changes what is given and leaves the rest. Limits may change while coupons are out: every command decides by the book as it is.
 * An end that comes earlier is the end of the locks too.
 * @throws {Problem} as `createBook`, and not-found
 */
export async function changeBook(trx: Transaction, id: string, changes: BookChanges): Promise<BookRow> {
  const book = await selectBookForNoKeyUpdate(trx, id);
  if (!book) throw new Problem('not-found', 'no-such-book');
  const { startsAt, expiresAt, maxRedemptions, archived, ...plain } = changes;
  const next = {
    ...book,
    ...plain,
    name: changes.name?.trim() ?? book.name,
    startsAt: startsAt === undefined ? book.startsAt : readDate(startsAt, '/startsAt'),
    expiresAt: expiresAt === undefined ? book.expiresAt : readDate(expiresAt, '/expiresAt'),
    archived,
  };
  if (maxRedemptions !== undefined) next.maxRedemptions = maxRedemptions;
  else if (next.allowMultipleRedemptions !== book.allowMultipleRedemptions) {
    next.maxRedemptions = defaultRedemptions(next.allowMultipleRedemptions);
  }
  checkSettings(next, changes);
  const saved = await refuseTakenName(updateBook(trx, id, next));
  if (next.expiresAt && (!book.expiresAt || next.expiresAt < book.expiresAt)) {
    await shortenLocks(trx, id, next.expiresAt);
  }
  return saved;
}

const defaultRedemptions = (allowMultiple: boolean) => (allowMultiple ? null : 1);

const readDate = (text: string | null | undefined, pointer: string) =>
  text === null || text === undefined ? null : readTime(text, { in: 'body', pointer });

/** The table's constraints, in words that point at the field the caller sent. */
function checkSettings(book: BookSettings, given: Partial<NewBook>): void {
  const refuse = (pointer: string, reason: PlainReason): never => {
    throw fieldProblem({ in: 'body', pointer }, reason);
  };
  if (book.startsAt && book.expiresAt && book.expiresAt <= book.startsAt) {
    if (given.expiresAt) refuse('/expiresAt', 'not-after-start');
    refuse('/startsAt', 'not-before-end');
  }
  if (!book.allowMultipleRedemptions && book.maxRedemptions !== 1) {
    refuse('/maxRedemptions', 'one-redemption-only');
  }
}

async function refuseTakenName(saved: Promise<BookRow>): Promise<BookRow> {
  try {
    return await saved;
  } catch (error) {
    if (!isTakenKey(error, 'books_name_of_live')) throw error;
    throw fieldProblem({ in: 'body', pointer: '/name' }, 'taken', 'conflict');
  }
}
