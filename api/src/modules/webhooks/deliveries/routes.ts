import { randomUUID } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { callerOf } from '../../../access/caller.ts';
import { jsonAnswer } from '../../../answers/answer.ts';
import { write } from '../../../answers/idempotency.ts';
import type { Transaction } from '../../../database/connection.ts';
import { fieldProblem } from '../../../problems.ts';
import { decodeCursor, ref, toPage } from '../../../schemas.ts';
import { readTime } from '../../../times.ts';
import { findWebhook, selectWebhookForUpdate, type WebhookRow } from '../queries.ts';
import { noSuchDelivery, noSuchWebhook, replayUnderWay, webhookDisabled } from '../refusals.ts';
import { writeEnvelope } from '../relay/envelope.ts';
import { countReplays, insertReplay } from '../relay/queries.ts';
import {
  deliveriesQuery,
  deliveryId,
  deliveryPage,
  deliverySchema,
  deliveryWithRequest,
  presentDelivery,
  presentWebhook,
  replayOrder,
  webhookId,
  webhookSchema,
} from '../schemas.ts';
import { findDelivery, insertDeliveries, listDeliveries, restartDelivery } from './queries.ts';
import { readMessages } from './read-messages.ts';

const tags = ['webhooks'];
const isId = (part: unknown): part is number => Number.isSafeInteger(part) && (part as number) > 0;

export function deliveryRoutes(fastify: FastifyInstance, source: string): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/v1/webhooks/:id/deliveries',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'listWebhookDeliveries',
        summary: 'What was sent to a webhook, newest first',
        description: 'Of the last 30 days.',
        params: webhookId,
        querystring: deliveriesQuery,
        response: { 200: ref(deliveryPage) },
      },
    },
    async (request) => {
      const { limit, cursor, status } = request.query;
      const { id } = request.params;
      if (!(await findWebhook(app.db, id))) throw noSuchWebhook();
      const before = cursor === undefined ? undefined : decodeCursor<[number]>(cursor, [isId])[0];
      const rows = await listDeliveries(app.db, id, { status, before, limit: limit + 1 });
      return toPage(rows, limit, presentDelivery, (row) => [row.id]);
    },
  );

  app.get(
    '/api/v1/webhooks/:id/deliveries/:deliveryId',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'getWebhookDelivery',
        summary: 'One delivery, with what is sent',
        params: deliveryId,
        response: { 200: ref(deliveryWithRequest) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const webhook = await findWebhook(app.db, id);
      const delivery = webhook && (await findDelivery(app.db, id, request.params.deliveryId));
      if (!delivery) throw noSuchDelivery();
      const message = (await readMessages(app.db, [delivery])).get(delivery.messageId);
      if (!message) throw noSuchDelivery();
      const { url, includeCodes } = webhook;
      const body = JSON.parse(writeEnvelope(message, { source, includeCodes })) as Record<string, unknown>;
      return { ...presentDelivery(delivery), request: { url, body } };
    },
  );

  app.post(
    '/api/v1/webhooks/:id/deliveries/:deliveryId/replay',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'replayWebhookDelivery',
        summary: 'Send one message again',
        description: 'With the same `webhook-id`: a receiver that drops what it has seen drops this, too.',
        params: deliveryId,
        response: { 200: ref(deliverySchema) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) => {
        const webhook = await requireEnabled(trx, request.params.id);
        const delivery = await restartDelivery(trx, webhook.id, request.params.deliveryId);
        if (!delivery) throw noSuchDelivery();
        return jsonAnswer(200, presentDelivery(delivery));
      }),
  );

  app.post(
    '/api/v1/webhooks/:id/replay',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'replayWebhook',
        summary: 'Send all events since a time again',
        description: 'Those that its `types` and `bookIds` ask for, also from before it was made.',
        params: webhookId,
        body: replayOrder,
        response: { 202: ref(webhookSchema) },
      },
    },
    async (request, reply) => {
      const from = readTime(request.body.from, { in: 'body', pointer: '/from' });
      const until =
        request.body.until === undefined
          ? null
          : readTime(request.body.until, { in: 'body', pointer: '/until' });
      if (until !== null && until <= from)
        throw fieldProblem({ in: 'body', pointer: '/until' }, 'not-after-from');
      return write(request, reply, async (trx) => {
        const webhook = await requireEnabled(trx, request.params.id);
        if ((await countReplays(trx, webhook.id)) > 0) throw replayUnderWay();
        await insertReplay(trx, {
          relay: 'webhooks',
          webhookId: webhook.id,
          from,
          until,
          startedBy: callerOf(request).id,
        });
        return jsonAnswer(202, presentWebhook(webhook));
      });
    },
  );

  app.post(
    '/api/v1/webhooks/:id/test',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'testWebhook',
        summary: 'Send a test message',
        description: 'It is a delivery like any other: read it to see what came of it.',
        params: webhookId,
        response: { 201: ref(deliverySchema) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) => {
        const webhook = await requireEnabled(trx, request.params.id);
        const [inserted] = await insertDeliveries(trx, [
          {
            webhookId: webhook.id,
            messageId: `test-${randomUUID()}`,
            type: 'webhook.test',
            eventId: null,
            noticeId: null,
          },
        ]);
        const { id } = inserted!;
        const delivery = await findDelivery(trx, webhook.id, id);
        return jsonAnswer(201, presentDelivery(delivery!), `/api/v1/webhooks/${webhook.id}/deliveries/${id}`);
      }),
  );

  async function requireEnabled(trx: Transaction, id: string): Promise<WebhookRow> {
    const webhook = await selectWebhookForUpdate(trx, id);
    if (!webhook) throw noSuchWebhook();
    if (webhook.disabledAt) throw webhookDisabled();
    return webhook;
  }
}
