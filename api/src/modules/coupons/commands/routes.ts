import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { answerContext, sendAnswer } from '../../../answers/answer.ts';
import { callerOf } from '../../../access/caller.ts';
import { readClaim } from '../../../answers/idempotency.ts';
import type { ProblemCode } from '../../../problem-codes.ts';
import { Problem } from '../../../problems.ts';
import { ref } from '../../../schemas.ts';
import { type NamedUser, requireOneName } from '../../accounts/people/external-ids.ts';
import { guessBudgets } from '../guesses.ts';
import { couponSchema } from '../present.ts';
import { assignRandomBody, codeParams, forUserBody, redeemBody, requireCode } from '../schemas.ts';
import type { SubmittedCommand } from './command.ts';
import { NOBODY } from './name-users.ts';

type CommandType = SubmittedCommand['type'];

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

const tags = ['coupons'];
const response = { 200: ref(couponSchema) };

/** Assigning, at random or by code: each request is a command, settled in a group with others. */
export function registerAssign(instance: FastifyInstance, rateLimitScale: number): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();

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
        await app.submitCommand(
          toCommand(request, 'assign', { code: null, bookId: request.body.bookId }, rateLimitScale),
        ),
      ),
  );

  byCode(app, rateLimitScale, 'assign', 'Assign one given coupon', 'To the caller; an ADMIN names the user.');
}

/** Locking, unlocking and redeeming: each request is a command, settled in a group with others. */
export function registerRedeem(app: FastifyInstance, rateLimitScale: number): void {
  byCode(
    app,
    rateLimitScale,
    'lock',
    'Hold a coupon before redeeming it',
    "Only its owner; ends by itself after the book's `lockTtlSeconds`.",
  );
  byCode(app, rateLimitScale, 'unlock', 'Give a lock back', 'Only its holder, or an ADMIN.');
  byCode(
    app,
    rateLimitScale,
    'redeem',
    'Spend a locked coupon',
    'Only the holder of the lock, before it runs out. Final.',
    redeemBody,
  );
}

function byCode(
  instance: FastifyInstance,
  rateLimitScale: number,
  type: CommandType,
  summary: string,
  description: string,
  body: typeof forUserBody | typeof redeemBody = forUserBody,
): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
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
        await app.submitCommand(
          toCommand(request, type, { code: requireCode(request.params.code), bookId: null }, rateLimitScale),
        ),
      ),
  );
}

/** A command of the caller, or of an ADMIN for the user that the body names. */
function toCommand(
  request: FastifyRequest,
  type: CommandType,
  subject: Pick<SubmittedCommand, 'code' | 'bookId'>,
  rateLimitScale: number,
): SubmittedCommand {
  const actor = callerOf(request);
  const { metadata = {}, ...named } = request.body as NamedUser & { metadata?: Record<string, unknown> };
  requireOneName(named, 'body');
  const { externalUserId } = named;
  const userId = externalUserId === undefined ? (named.userId ?? actor.id) : NOBODY;
  if (externalUserId === undefined && userId !== actor.id && actor.role !== 'ADMIN') {
    throw new Problem('forbidden', 'admins-only');
  }
  return {
    type,
    actor,
    userId,
    externalUserId,
    ...subject,
    metadata,
    claim: readClaim(request),
    context: answerContext(request),
    deadline: request.answerBy,
    guessBudgets: subject.code === null ? [] : guessBudgets(request, rateLimitScale),
  };
}
