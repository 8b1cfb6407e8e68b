import type { Static } from 'typebox';
import Type from 'typebox';
import { fieldProblem } from '../../problems.ts';
import type { PlainReason } from '../../reasons.ts';
import { component, nullable, reasonFields, strict, time, uuid } from '../../schemas.ts';
import type { DistributionOrder } from './survey.ts';

/** A result of more would take days to give out. */
const MAX_COUPONS = 10_000_000;

const count = (description: string) => Type.Integer({ minimum: 1, maximum: MAX_COUPONS, description });

export const poolId = strict({ id: uuid('of the pool') });
export const jobId = strict({ id: uuid('of the job') });

export const distributionOrder = strict({
  bookId: uuid('the book to distribute'),
  mode: Type.Enum(['equal', 'random'], {
    description:
      '`equal`: everybody gets `perUser`, or `total` is shared as evenly as can be, the rest by lot. `random`: each of `total` ' +
      'coupons goes to somebody by lot',
  }),
  perUser: Type.Optional(count('for each; only `equal`, instead of `total`')),
  total: Type.Optional(count('for all together')),
  maxPerUser: Type.Optional(count('most for one; only with `total`')),
  onShortage: Type.Enum(['refuse', 'partial'], {
    default: 'refuse',
    description:
      'when stock or limits do not allow all that is asked for: `refuse` answers with the numbers, `partial` goes as far as it can',
  }),
});

/** @throws {Problem} invalid-request when the fields do not go together */
export function readOrder(id: string, body: Static<typeof distributionOrder>): DistributionOrder {
  const { bookId, mode, perUser, total, maxPerUser, onShortage } = body;
  const refuse = (field: string, reason: PlainReason) => {
    throw fieldProblem({ in: 'body', pointer: `/${field}` }, reason);
  };
  if (mode === 'random' && perUser !== undefined) refuse('perUser', 'only-in-mode-equal');
  if (mode === 'random' && total === undefined) refuse('total', 'required');
  if (mode === 'equal' && (perUser === undefined) === (total === undefined)) {
    refuse('perUser', 'per-user-or-total');
  }
  if (perUser !== undefined && maxPerUser !== undefined) refuse('maxPerUser', 'only-with-total');
  return {
    poolId: id,
    bookId,
    mode,
    perUser: perUser ?? maxPerUser ?? null,
    total: total ?? null,
    onShortage,
  };
}

const reasons = strict({
  'user-disabled': Type.Integer({ description: 'the account is disabled' }),
  'assignment-limit-reached': Type.Integer({
    description: 'they have as many coupons of the book as it allows',
  }),
  'out-of-stock': Type.Integer({ description: 'no coupon was left' }),
});

export const previewSchema = component(
  'DistributionPreview',
  {
    members: Type.Integer(),
    needed: Type.Integer({ description: 'coupons asked for' }),
    stock: Type.Integer({ description: 'unassigned coupons of the book' }),
    assigned: Type.Integer({ description: 'coupons that would be given' }),
    missing: Type.Integer({ description: 'coupons asked for that could not be given' }),
    refused: Type.Boolean({ description: 'whether it would be refused for that, see `onShortage`' }),
    stockAfter: Type.Integer(),
    served: Type.Integer({
      description: 'users who would get one at least; in mode random by a draw for show',
    }),
    drewNone: Type.Integer({ description: 'users whose lot would give them nothing; likewise' }),
    skipped: Type.Integer({ description: 'users who could not be given any' }),
    reasons,
    perUser: strict(
      { least: Type.Integer(), most: Type.Integer() },
      { description: 'of those who can be given any' },
    ),
    shares: Type.Array(
      strict({
        userId: uuid(),
        email: Type.String(),
        already: Type.Integer({ description: 'coupons of the book that the user has been given before' }),
        share: Type.Integer(),
        refusal: nullable(strict(reasonFields, { description: 'why none; null: some, or drawn none' })),
      }),
      {
        description:
          'the first 100 members by id. What is drawn by lot is drawn for show: the draw itself will differ',
      },
    ),
  },
  'what a distribution would do now',
);

export const drawSchema = component(
  'Draw',
  {
    jobId: uuid(),
    poolId: nullable(uuid('null: the pool was deleted since')),
    bookId: uuid(),
    algorithm: Type.Integer({ description: 'version of the procedure: see docs/draws.md' }),
    seed: Type.String({ description: '32 bytes in hex' }),
    terms: strict({
      mode: Type.Enum(['equal', 'random']),
      perUser: nullable(Type.Integer()),
      total: nullable(Type.Integer()),
      bookLimit: nullable(Type.Integer()),
      stock: Type.Integer(),
    }),
    drawnAt: time(),
    listHash: Type.String({ description: 'SHA-256, of the members by id with what they had' }),
    outcomeHash: Type.String({ description: 'SHA-256, of the users by lot with what they drew' }),
    shares: Type.Array(
      strict({
        lot: Type.Integer({ description: 'from 1; the first are served first' }),
        userId: uuid(),
        already: Type.Integer(),
        share: Type.Integer({ description: 'drawn' }),
        given: Type.Integer({ description: 'so far' }),
      }),
    ),
  },
  'all that is needed to repeat a draw and compare',
);
