import { randomBytes } from 'node:crypto';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { callerOf } from '../../access/caller.ts';
import { jsonAnswer } from '../../answers/answer.ts';
import { write } from '../../answers/idempotency.ts';
import { ageKey, readAgeCursor, ref, toPage } from '../../schemas.ts';
import type { AllowedNetworks } from '../../addresses.ts';
import { messageCallbacks } from './message-callbacks.ts';
import { findWebhook, listWebhooks, rotateSecret, selectWebhookForUpdate, updateWebhook } from './queries.ts';
import { noSuchWebhook } from './refusals.ts';
import { createWebhook, deleteWebhook, requireTarget } from './save.ts';
import {
  listQuery,
  newWebhook,
  presentWebhook,
  rotation,
  webhookChanges,
  webhookId,
  webhookPage,
  webhookSchema,
  webhookWithSecret,
} from './schemas.ts';
import { formatSecret } from './sign.ts';

const tags = ['webhooks'];
const SECRET_BYTES = 32;

export function webhookRoutes(fastify: FastifyInstance, allowed: AllowedNetworks): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/v1/webhooks',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'createWebhook',
        summary: 'Have events sent to an address of yours',
        description:
          'Each event from now on (and perhaps some of the last seconds before) is sent at least once, as CloudEvents JSON signed by Standard Webhooks. The `secret` is shown in this ' +
          'answer and never again. Each type with its schema and an example is under Callbacks; how to verify a message: docs/events-out.md.',
        body: newWebhook,
        response: { 201: ref(webhookWithSecret) },
        callbacks: messageCallbacks,
      },
    },
    async (request, reply) => {
      const { url, types, bookIds = null, includeCodes = false, description = null } = request.body;
      const target = await requireTarget(url, allowed);
      const secret = randomBytes(SECRET_BYTES);
      return write(request, reply, async (trx) => {
        const settings = { url: target, types, bookIds, includeCodes, description };
        const webhook = await createWebhook(trx, settings, { secret, createdBy: callerOf(request).id });
        const body = { ...presentWebhook(webhook), secret: formatSecret(secret) };
        return jsonAnswer(201, body, `/api/v1/webhooks/${webhook.id}`);
      });
    },
  );

  app.get(
    '/api/v1/webhooks',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'listWebhooks',
        summary: 'List webhooks, newest first',
        querystring: listQuery,
        response: { 200: ref(webhookPage) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const rows = await listWebhooks(app.db, { after: readAgeCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, presentWebhook, ageKey);
    },
  );

  app.get(
    '/api/v1/webhooks/:id',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'getWebhook',
        summary: 'Read a webhook and how it does',
        params: webhookId,
        response: { 200: ref(webhookSchema) },
      },
    },
    async (request) => {
      const webhook = await findWebhook(app.db, request.params.id);
      if (!webhook) throw noSuchWebhook();
      return presentWebhook(webhook);
    },
  );

  app.patch(
    '/api/v1/webhooks/:id',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'changeWebhook',
        summary: 'Change a webhook, or switch it off or on',
        params: webhookId,
        body: webhookChanges,
        response: { 200: ref(webhookSchema) },
      },
    },
    async (request, reply) => {
      const { disabled, ...changes } = request.body;
      if (changes.url !== undefined) changes.url = await requireTarget(changes.url, allowed);
      return write(request, reply, async (trx) => {
        const webhook = await selectWebhookForUpdate(trx, request.params.id);
        if (!webhook) throw noSuchWebhook();
        const reasons = { true: webhook.disabledReason ?? 'administrator', false: null } as const;
        const disabledReason =
          disabled === undefined ? webhook.disabledReason : reasons[`${disabled}` as const];
        const next = await updateWebhook(trx, webhook.id, { ...webhook, ...changes, disabledReason });
        return jsonAnswer(200, presentWebhook(next));
      });
    },
  );

  app.delete(
    '/api/v1/webhooks/:id',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'deleteWebhook',
        summary: 'Delete a webhook with all its deliveries',
        params: webhookId,
        response: { 204: Type.Null({ description: 'deleted' }) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) => {
        if (!(await deleteWebhook(trx, request.params.id))) throw noSuchWebhook();
        return jsonAnswer(204, undefined);
      }),
  );

  app.post(
    '/api/v1/webhooks/:id/rotate-secret',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'rotateWebhookSecret',
        summary: 'Give a webhook a new secret',
        description:
          'For `keepFormerHours` each message has two signatures, by the new and by the former secret, so that the receiver can change ' +
          'its own in peace.',
        params: webhookId,
        body: rotation,
        response: { 200: ref(webhookWithSecret) },
      },
    },
    async (request, reply) => {
      const secret = randomBytes(SECRET_BYTES);
      return write(request, reply, async (trx) => {
        const keepHours = request.body.keepFormerHours;
        const webhook = await rotateSecret(trx, request.params.id, { secret, keepHours });
        if (!webhook) throw noSuchWebhook();
        return jsonAnswer(200, { ...presentWebhook(webhook), secret: formatSecret(secret) });
      });
    },
  );
}
