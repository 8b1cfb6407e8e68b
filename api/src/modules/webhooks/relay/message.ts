import type { NoticeRow, OutgoingEvent } from '../../history/outgoing/queries.ts';

/** What leaves, before it is written for one receiver. */
export type Message =
  | { id: string; type: string; occurredAt: Date; event: OutgoingEvent; notice?: undefined }
  | { id: string; type: string; occurredAt: Date; notice: NoticeRow; event?: undefined }
  | { id: string; type: 'webhook.test'; occurredAt: Date; event?: undefined; notice?: undefined };

export const eventMessage = (event: OutgoingEvent): Message => ({
  id: `event-${event.id}`,
  type: event.type,
  occurredAt: event.occurredAt,
  event,
});

export const noticeMessage = (notice: NoticeRow): Message => ({
  id: `notice-${notice.id}`,
  type: notice.type,
  occurredAt: notice.occurredAt,
  notice,
});

export const bookIdOf = ({ event, notice }: Message): string | null =>
  event?.bookId ?? notice?.bookId ?? null;

/** What keeps its order, where order is kept: a coupon, a book, or all that has neither. */
export const groupOf = ({ event, notice }: Message): string =>
  event ? `coupon-${event.couponId}` : `book-${notice?.bookId ?? 'none'}`;
