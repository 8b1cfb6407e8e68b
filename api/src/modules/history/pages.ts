import { foldCodePrefix } from '../coupons/code.ts';
import Type from 'typebox';
import type { Database, Transaction } from '../../database/connection.ts';
import { isTimeout } from '../../database/errors.ts';
import { inTransaction } from '../../database/transaction.ts';
import { fieldProblem } from '../../problems.ts';
import { decodeCursor, encodeCursor, exportQuery, time, uuid } from '../../schemas.ts';
import { readTime } from '../../times.ts';
import { findNamedUser, type NamedUser } from '../accounts/people/external-ids.ts';
import { namedUser } from '../accounts/people/schemas.ts';
import { findPlacesByPrefix } from '../coupons/reads/queries.ts';
import { type EventFilter, type Moment, readSnapshot } from './events/queries.ts';
import { formatSnapshot, readSnapshotText, type Snapshot, withAtMost } from './snapshot.ts';

/** What the lists of events and redemptions share: filters, and pages that show each row once while rows are added. */

export const historyFilters = {
  ...exportQuery,
  bookId: Type.Optional(uuid()),
  ...namedUser('for whom'),
  actorId: Type.Optional(uuid('who did it')),
  code: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'the beginning of the code' })),
  from: Type.Optional(time('the earliest')),
  to: Type.Optional(time('exclusive')),
};

interface HistoryQuery extends NamedUser {
  bookId?: string;
  actorId?: string;
  code?: string;
  from?: string;
  to?: string;
}

/** So many coupons are looked up one by one; more are recognised by their code. */
const FEW_COUPONS = 5_000;

/** The filters of a query, as the statements want them. */
export async function readFilters(db: Database, { bookId, actorId, code, from, to, ...named }: HistoryQuery) {
  const read = (text: string | undefined, pointer: string) =>
    text === undefined ? undefined : readTime(text, { in: 'query', pointer });
  const times = { from: read(from, '/from'), to: read(to, '/to') };
  const userId = await findNamedUser(db, named);
  if (code === undefined) return { bookId, userId, actorId, ...times };
  const codePrefix = foldCodePrefix(code);
  const places = await findPlacesByPrefix(db, codePrefix, FEW_COUPONS + 1);
  return {
    bookId,
    userId,
    actorId,
    ...times,
    coupons: places.length > FEW_COUPONS ? { codePrefix } : places,
  };
}

/**
 * Reads one page, in the time that a statement has. Where many coupons fit the beginning of a code, events are looked through from
 * the newest on until enough fit; if those are rare among millions, that does not end in time.
 * @throws {Problem} invalid-request, which says how to ask for less
 */
export async function readPage<T>(
  db: Database,
  { coupons }: Pick<EventFilter, 'bookId' | 'coupons'>,
  read: (trx: Transaction) => Promise<T>,
): Promise<T> {
  try {
    return await inTransaction(db, read);
  } catch (error) {
    if (!isTimeout(error) || !coupons || !('codePrefix' in coupons)) throw error;
    throw fieldProblem({ in: 'query', pointer: '/code' }, 'search-too-wide');
  }
}

export interface Position {
  visibleAt: Snapshot;
  before?: Moment;
}

/** What fits a cursor: fewer writers at once than that are running anywhere but under attack. */
const MAX_RUNNING = 40;

const isSnapshot = (part: unknown): part is string =>
  typeof part === 'string' && readSnapshotText(part) !== null;
const isMillisecond = (part: unknown): part is number =>
  Number.isSafeInteger(part) && Math.abs(part as number) < 8.64e15;
const isId = (part: unknown): part is number => Number.isSafeInteger(part);

/**
 * Where a page begins. The first page takes note of what is committed by then, and its cursors carry that along: what others commit
 * meanwhile, also with an earlier time or a lower id, is in none of the pages that follow.
 */
export async function readPosition(db: Database, cursor: string | undefined): Promise<Position> {
  if (cursor === undefined) return { visibleAt: withAtMost(await readSnapshot(db), MAX_RUNNING) };
  const [snapshot, at, id] = decodeCursor<[string, number, number]>(cursor, [
    isSnapshot,
    isMillisecond,
    isId,
  ]);
  return { visibleAt: readSnapshotText(snapshot)!, before: { at: new Date(at), id } };
}

/** Cuts a page out of `limit + 1` rows. */
export function toHistoryPage<R, T>(
  rows: readonly R[],
  limit: number,
  { visibleAt }: Position,
  present: (row: R) => T,
  momentOf: (row: R) => Moment,
): { items: T[]; nextCursor: string | null } {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const { at, id } = last ? momentOf(last) : {};
  return {
    items: shown.map(present),
    nextCursor:
      rows.length > limit && at ? encodeCursor([formatSnapshot(visibleAt), at.getTime(), id!]) : null,
  };
}
