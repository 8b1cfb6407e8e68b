import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { jsonAnswer } from '../../../answers/answer.ts';
import { callerOf } from '../../../access/caller.ts';
import { write } from '../../../answers/idempotency.ts';
import { ref } from '../../../schemas.ts';
import { couponSchema, presentCoupon } from '../present.ts';
import { codeParams, redemptionParams, requireCode, rollbackBody } from '../schemas.ts';
import { rollBackRedemption, unassignCoupon } from './unassign-and-roll-back.ts';

// Unassigning and rolling back. Rare, so each is a transaction of its own: the same rules and the same store as for commands.

const response = { 200: ref(couponSchema) };

export function registerUnassign(instance: FastifyInstance): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/v1/coupons/unassign/:code',
    {
      schema: {
        tags: ['coupons'],
        operationId: 'unassignCoupon',
        summary: 'Unassign a coupon: back to the stock',
        description: 'It is UNASSIGNED again and no longer counts for its former owner.',
        params: codeParams,
        response,
      },
      config: { access: 'admin', problems: ['not-found', 'invalid-state'] },
    },
    async (request, reply) =>
      write(request, reply, async (trx) => {
        const actor = callerOf(request);
        const { next, book } = await unassignCoupon(trx, actor, requireCode(request.params.code));
        return jsonAnswer(200, presentCoupon(next, book, actor, book.now));
      }),
  );
}

export function registerRollback(instance: FastifyInstance): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/v1/redemptions/:id/rollback',
    {
      schema: {
        tags: ['redemptions'],
        operationId: 'rollBackRedemption',
        summary: 'Undo a redemption',
        description:
          'Once only, with a reason. A used-up coupon is ASSIGNED again; the redemption and its rollback both stay in the history.',
        params: redemptionParams,
        body: rollbackBody,
        response,
      },
      config: { access: 'admin', problems: ['not-found'] },
    },
    async (request, reply) =>
      write(request, reply, async (trx) => {
        const actor = callerOf(request);
        const { next, book } = await rollBackRedemption(
          trx,
          actor,
          request.params.id,
          request.body.reason.trim(),
        );
        return jsonAnswer(200, presentCoupon(next, book, actor, book.now));
      }),
  );
}
