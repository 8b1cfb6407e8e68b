import type { Database } from '../../../database/connection.ts';
import { listEventsById, listNoticesById } from '../../history/outgoing/queries.ts';
import { eventMessage, type Message, noticeMessage } from '../relay/message.ts';
import type { DeliveryRow } from './queries.ts';

type Named = Pick<DeliveryRow, 'messageId' | 'eventId' | 'noticeId' | 'createdAt'>;

/** What deliveries are about, by their message ids. */
export async function readMessages(
  db: Database,
  deliveries: readonly Named[],
): Promise<Map<string, Message>> {
  const eventIds = [...new Set(deliveries.flatMap(({ eventId }) => eventId ?? []))];
  const noticeIds = [...new Set(deliveries.flatMap(({ noticeId }) => noticeId ?? []))];
  const [events, notices] = await Promise.all([
    eventIds.length > 0 ? listEventsById(db, eventIds) : [],
    noticeIds.length > 0 ? listNoticesById(db, noticeIds) : [],
  ]);
  const tests = deliveries
    .filter(({ eventId, noticeId }) => eventId === null && noticeId === null)
    .map(({ messageId, createdAt }): Message => ({
      id: messageId,
      type: 'webhook.test',
      occurredAt: createdAt,
    }));
  return new Map(
    [...events.map(eventMessage), ...notices.map(noticeMessage), ...tests].map((message) => [
      message.id,
      message,
    ]),
  );
}
