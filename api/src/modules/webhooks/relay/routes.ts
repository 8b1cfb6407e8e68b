import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { callerOf } from '../../../access/caller.ts';
import { jsonAnswer } from '../../../answers/answer.ts';
import { write } from '../../../answers/idempotency.ts';
import { ref } from '../../../schemas.ts';
import { readTime } from '../../../times.ts';
import { notStopped } from '../refusals.ts';
import { relayList, relayName, resumption } from '../schemas.ts';
import { readLags } from './lag.ts';
import { insertReplay, resumeRelay } from './queries.ts';
import { readStart } from './turn.ts';

const tags = ['webhooks'];

export function relayRoutes(fastify: FastifyInstance): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.get(
    '/api/v1/relays',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'listRelays',
        summary: 'How far events have been handed on to webhooks and queues',
        response: { 200: ref(relayList) },
      },
    },
    async () => ({
      items: (await readLags(app.db)).map(({ name, status, lagSeconds, stoppedAt }) => ({
        name,
        status,
        lagSeconds,
        stoppedAt: stoppedAt?.toISOString() ?? null,
      })),
    }),
  );

  app.post(
    '/api/v1/relays/:name/resume',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'resumeRelay',
        summary: 'Let a relay go on that stopped after a restore',
        description:
          'A relay stops when the database does not know what was handed on. Say from when on events are to be handed on again: too ' +
          'early sends some twice, too late leaves some out.',
        params: relayName,
        body: resumption,
        response: { 200: ref(relayList) },
      },
    },
    async (request, reply) => {
      const { name } = request.params;
      const from = readTime(request.body.from, { in: 'body', pointer: '/from' });
      return write(request, reply, async (trx) => {
        if (!(await resumeRelay(trx, name, await readStart(trx)))) throw notStopped();
        await insertReplay(trx, {
          relay: name,
          webhookId: null,
          from,
          until: null,
          startedBy: callerOf(request).id,
        });
        return jsonAnswer(200, { items: [{ name, status: 'behind', lagSeconds: 0, stoppedAt: null }] });
      });
    },
  );
}
