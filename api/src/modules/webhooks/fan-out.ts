import { allowBulkWork } from '../../database/bulk.ts';
import { bookIdOf, type Message } from './relay/message.ts';
import type { Sink } from './relay/sink.ts';
import { insertDeliveries, type NewDelivery } from './deliveries/queries.ts';
import { hasEnabledWebhooks, selectEnabledWebhooksForKeyShare, type WebhookFilter } from './queries.ts';

/** So many deliveries may take longer than a statement of a request has: a page for dozens of endpoints. */
const MANY = 5_000;

/** One cursor for all endpoints: a page becomes deliveries in the transaction that moves the cursor past it. */
export const fanOut: Pick<Sink, 'handOn' | 'isUnwanted'> = {
  async handOn({ messages, webhookId, isReplay, save }) {
    await save(async (trx) => {
      const webhooks = await selectEnabledWebhooksForKeyShare(trx);
      const wanted = webhooks.filter(({ id }) => webhookId === null || id === webhookId);
      const deliveries = wanted.flatMap((webhook) =>
        messages.filter((message) => wants(webhook, message)).map((message) => toDelivery(webhook, message)),
      );
      if (deliveries.length > MANY) await allowBulkWork(trx, { inRequest: true });
      if (deliveries.length > 0) await insertDeliveries(trx, deliveries, { again: isReplay });
    });
  },
  isUnwanted: async (db) => !(await hasEnabledWebhooks(db)),
};

function wants({ types, bookIds }: WebhookFilter, message: Message): boolean {
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
