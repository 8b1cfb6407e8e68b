import Type, { type Static } from 'typebox';
import { component, nullable, ref, time, uuid } from '../../../schemas.ts';
import { couponEventSchema, couponSchema, presentCoupon } from '../../coupons/present.ts';
import type { CouponInBook } from '../../coupons/queries.ts';
import type { StreamedEvent } from '../events/queries.ts';
import { formatSnapshot, readSnapshotText, type Snapshot } from '../snapshot.ts';

export const streamedEventSchema = component(
  'StreamedEvent',
  {
    ...couponEventSchema.properties,
    bookId: uuid(),
    code: nullable(Type.String({ description: 'null: the coupon was deleted with its book' })),
    coupon: Type.Unsafe<Static<typeof couponSchema> | null>({
      type: 'object',
      nullable: true,
      allOf: [ref(couponSchema)],
      description:
        'as it is by now, for the reader; of two, the one with the later `serverTime` is right. null: it is not the reader’s any more',
    }),
    occurredAt: time(),
  },
  'the `data` of a message of the stream',
);

/** Who reads: an ADMIN, or the user whom the event is about. */
export type Reader = 'ADMIN' | 'OWNER';

/** One event as a message. Written once for all readers of a kind. */
export function eventMessage(
  event: StreamedEvent,
  coupon: CouponInBook | undefined,
  reader: Reader,
  id: string,
): string {
  const { userId } = event;
  const viewer = { id: userId, role: reader === 'ADMIN' ? 'ADMIN' : 'USER' } as const;
  const shown = coupon && (reader === 'ADMIN' || coupon.assignedUserId === userId);
  const data: Static<typeof streamedEventSchema> = {
    id: event.id,
    type: event.type,
    occurredAt: event.occurredAt.toISOString(),
    bookId: event.bookId,
    code: event.code ?? coupon?.code ?? null,
    userId,
    actorId: event.actorId,
    data: event.data,
    coupon: shown ? presentCoupon(coupon, coupon, viewer, coupon.now) : null,
  };
  return `id: ${id}\ndata: ${JSON.stringify(data)}\n\n`;
}

/** A message of the stream itself: `ready`, `reset` or `end`. */
export const controlMessage = (name: string, data: object, id?: string) =>
  `${id === undefined ? '' : `id: ${id}\n`}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;

/** Keeps the connection, and moves the position of who has nothing to hear: without data no message is dispatched. */
export const heartbeat = (id: string) => `:\nid: ${id}\n\n`;

/**
 * Where a reader is, as the `id` of each message: on the way from one snapshot to another, in the order of ids, and all up to this
 * one has been told. A connection can be cut anywhere, and goes on exactly there.
 */
export interface Place {
  from: Snapshot;
  to: Snapshot;
  eventId: number;
}

export const formatPlace = ({ from, to, eventId }: Place) =>
  `${formatSnapshot(from)}.${formatSnapshot(to)}.${eventId.toString(36)}`;

/** At a snapshot, with nothing left before it. */
export const placeAt = (snapshot: Snapshot): Place => ({ from: snapshot, to: snapshot, eventId: 0 });

/** Reads a Last-Event-ID; null when it is none of ours. */
export function readPlace(text: string): Place | null {
  const [from, to, id, ...rest] = text.split('.');
  if (from === undefined || to === undefined || rest.length > 0 || !/^[0-9a-z]{1,11}$/.test(id ?? ''))
    return null;
  const snapshots = { from: readSnapshotText(from), to: readSnapshotText(to) };
  const eventId = Number.parseInt(id!, 36);
  if (!snapshots.from || !snapshots.to || !Number.isSafeInteger(eventId)) return null;
  return { from: snapshots.from, to: snapshots.to, eventId };
}
