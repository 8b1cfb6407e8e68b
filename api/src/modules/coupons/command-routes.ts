import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { answerContext, type Answer, sendAnswer } from '../../plugins/answers.ts';
import { callerOf } from '../../plugins/caller.ts';
import { readClaim } from '../../plugins/idempotency.ts';
import { Problem, type ProblemCode } from '../../problems.ts';
import { ref } from '../../schemas.ts';
import { guessBudgets } from './guesses.ts';
import { couponSchema } from './present.ts';
import { assignRandomBody, codeParams, forUserBody, redeemBody, requireCode } from './schemas.ts';
import type { TransitionRequest } from './transition.ts';

type Submit = (request: TransitionRequest) => Promise<Answer>;

const PROBLEMS = {
  assignRandom: ['forbidden', 'not-found', 'book-exhausted', 'assignment-limit-reached', 'book-not-active'],
  assign: [
    'forbidden',
    'not-your-coupon',
    'not-found',
    'already-assigned',
    'assignment-limit-reached',
    'book-not-active',
  ],
  lock: ['forbidden', 'not-your-coupon', 'not-found', 'invalid-state', 'already-redeemed', 'book-not-active'],
  unlock: ['forbidden', 'not-your-coupon', 'not-your-lock', 'not-found', 'invalid-state'],
  redeem: [
    'forbidden',
    'not-your-coupon',
    'not-your-lock',
    'not-found',
    'invalid-state',
    'not-locked',
    'already-redeemed',
    'book-not-active',
    'lock-expired',
  ],
} satisfies Record<string, ProblemCode[]>;

/** The commands: each becomes one request of a batch. */
export function registerCommands(instance: FastifyInstance, submit: Submit, rateLimitScale: number): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ['coupons'];
  const response = { 200: ref(couponSchema) };

  /** A command of the caller, or of an ADMIN for the user that the body names. */
  const toTransition = (
    request: FastifyRequest,
    type: TransitionRequest['type'],
    subject: Pick<TransitionRequest, 'code' | 'bookId'>,
  ): TransitionRequest => {
    const actor = callerOf(request);
    const { userId = actor.id, metadata = {} } = request.body as {
      userId?: string;
      metadata?: Record<string, unknown>;
    };
    if (userId !== actor.id && actor.role !== 'ADMIN') {
      throw new Problem('forbidden', 'Only an ADMIN may act for somebody else.');
    }
    return {
      type,
      actor,
      userId,
      ...subject,
      metadata,
      claim: readClaim(request),
      context: answerContext(request),
      deadline: request.answerBy,
      guessBudgets: subject.code === null ? [] : guessBudgets(request, rateLimitScale),
    };
  };

  app.post(
    '/api/v1/coupons/assign/random',
    {
      schema: {
        tags,
        operationId: 'assignRandomCoupon',
        summary: 'Assign a random coupon of a book',
        body: assignRandomBody,
        response,
      },
      config: { access: 'user', problems: PROBLEMS.assignRandom },
    },
    async (request, reply) =>
      sendAnswer(
        reply,
        await submit(toTransition(request, 'assign', { code: null, bookId: request.body.bookId })),
      ),
  );

  const byCode = (
    type: TransitionRequest['type'],
    summary: string,
    description: string,
    body: typeof forUserBody | typeof redeemBody = forUserBody,
  ) =>
    app.post(
      `/api/v1/coupons/${type}/:code`,
      {
        schema: {
          tags,
          operationId: `${type}Coupon`,
          summary,
          description,
          params: codeParams,
          body,
          response,
        },
        config: { access: 'user', problems: PROBLEMS[type] },
      },
      async (request, reply) =>
        sendAnswer(
          reply,
          await submit(toTransition(request, type, { code: requireCode(request.params.code), bookId: null })),
        ),
    );

  byCode('assign', 'Assign one given coupon', 'To the caller; an ADMIN names the user.');
  byCode(
    'lock',
    'Hold a coupon before redeeming it',
    "Only its owner; ends by itself after the book's `lockTtlSeconds`.",
  );
  byCode('unlock', 'Give a lock back', 'Only its holder, or an ADMIN.');
  byCode(
    'redeem',
    'Spend a locked coupon',
    'Only the holder of the lock, before it runs out. Final.',
    redeemBody,
  );
}
