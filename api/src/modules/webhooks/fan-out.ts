import { allowBulkWork } from '../../database/bulk.ts';
import type { Transaction } from '../../database/connection.ts';
import { insertDeliveries, type NewDelivery, type PendingDelivery } from './deliveries/queries.ts';
import type { Parcel } from './lanes.ts';
import { hasEnabledWebhooks, selectWebhooksForKeyShare, type WebhookFilter } from './queries.ts';
import { bookIdOf, type Message } from './relay/message.ts';
import type { Page, Sink } from './relay/sink.ts';

/** So many deliveries may take longer than a statement of a request has: a page for dozens of endpoints. */
const MANY = 5_000;

/** One cursor for all endpoints: a page becomes deliveries in the transaction that moves the cursor past it. */
export const fanOut: Pick<Sink, 'handOn' | 'isUnwanted'> = {
  async handOn(page) {
    let count = 0;
    await page.save(async (trx) => void ({ count } = await noteDeliveries(trx, page)));
    return count;
  },
  isUnwanted: async (db) => !(await hasEnabledWebhooks(db)),
};

/**
 * Writes the deliveries of a page.
 * @param tried those that were sent already, and what came of it
 * @returns how many, and those that are to be sent
 */
export async function noteDeliveries(
  trx: Transaction,
  { messages, webhookId, isReplay }: Pick<Page, 'messages' | 'webhookId' | 'isReplay'>,
  tried: ReadonlyMap<string, Parcel> = new Map(),
): Promise<{ count: number; pending: PendingDelivery[] }> {
  const sentTo = [...new Set([...tried.values()].map((parcel) => parcel.webhookId))];
  const webhooks = await selectWebhooksForKeyShare(trx, sentTo);
  const deliveries = webhooks
    .filter(({ id }) => webhookId === null || id === webhookId)
    .flatMap((webhook) =>
      messages.flatMap((message): NewDelivery[] => {
        const result = tried.get(parcelKey(webhook.id, message.id))?.result;
        if (!result && !(webhook.isEnabled && wants(webhook, message))) return [];
        return [{ ...toDelivery(webhook, message), ...(result && { result }) }];
      }),
    );
  if (deliveries.length > MANY) await allowBulkWork(trx, { inRequest: true });
  const pending = deliveries.length > 0 ? await insertDeliveries(trx, deliveries, { again: isReplay }) : [];
  return { count: deliveries.length, pending };
}

export const parcelKey = (webhookId: string, messageId: string) => `${webhookId} ${messageId}`;

export function wants(
  { types, bookIds }: Pick<WebhookFilter, 'types' | 'bookIds'>,
  message: Message,
): boolean {
  if (!types.includes(message.type)) return false;
  const bookId = bookIdOf(message);
  return bookIds === null || (bookId !== null && bookIds.includes(bookId));
}

const toDelivery = ({ id: webhookId }: WebhookFilter, { id, type, event, notice }: Message): NewDelivery => ({
  webhookId,
  messageId: id,
  type,
  eventId: event?.id ?? null,
  noticeId: notice?.id ?? null,
});
