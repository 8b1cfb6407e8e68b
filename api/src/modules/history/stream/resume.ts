import type { Database } from '../../../database/connection.ts';
import { findCouponsAt } from '../../coupons/reads/queries.ts';
import { eventMessage, formatPlace, type Place } from './messages.ts';
import type { Listener, ResetReason } from './listener.ts';
import { listEventsBetween, placesOf } from '../events/queries.ts';
import { covers, hasSeen, type Snapshot } from '../snapshot.ts';

/** More than this, and loading the lists again is cheaper for everybody. */
const MAX_MISSED = 5_000;

/**
 * What a reader has missed from its place up to a snapshot, as messages; or why that cannot be told. First what was left of the
 * stretch in which the connection was cut, then what came after it.
 */
export async function tellMissed(
  db: Database,
  { from, to, eventId }: Place,
  until: Snapshot,
  { reader, userId, bookId }: Listener,
): Promise<{ messages: string } | { reset: ResetReason }> {
  if (!covers(to, from) || !covers(until, to)) return { reset: 'unknown-position' };
  const everything = userId === undefined && bookId === undefined;
  const of = { userIds: userId ? [userId] : [], bookIds: bookId && !userId ? [bookId] : [] };
  const limit = MAX_MISSED + 1;
  const found = await listEventsBetween(db, {
    from,
    to: until,
    afterId: 0,
    limit,
    of: everything ? null : of,
  });
  if (found.length === limit) return { reset: 'too-many-events' };

  const events = found.filter((event) => bookId === undefined || event.bookId === bookId);
  const rest = events.filter(({ txid, id }) => hasSeen(to, txid) && id > eventId);
  const later = events.filter(({ txid }) => !hasSeen(to, txid));
  const coupons = await findCouponsAt(db, placesOf([...rest, ...later]));
  const write = (stretch: typeof events, on: { from: Snapshot; to: Snapshot }) =>
    stretch.map((event) =>
      eventMessage(event, coupons.get(event.couponId), reader, formatPlace({ ...on, eventId: event.id })),
    );
  return { messages: [...write(rest, { from, to }), ...write(later, { from: to, to: until })].join('') };
}
