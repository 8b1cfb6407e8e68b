import Type from 'typebox';
import { fieldProblem } from '../../problems.ts';
import { exportQuery, metadata, pageQuery, strict, uuid } from '../../schemas.ts';
import { namedUser } from '../accounts/people/schemas.ts';
import { canonicalCode } from './code.ts';
import { couponStateSchema } from './present.ts';

const forWhom = namedUser('for whom; only an ADMIN may name somebody else');

export const codeParams = strict({
  code: Type.String({
    minLength: 1,
    maxLength: 200,
    description: 'compared without case',
    example: 'K7QX-2MPA-9RTB',
  }),
});

export const assignRandomBody = strict({ bookId: uuid(), ...forWhom });
export const forUserBody = strict(forWhom);
export const redeemBody = strict({ ...forWhom, metadata: Type.Optional(metadata) });

export const redemptionParams = strict({
  id: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER, description: 'of the redemption' }),
});
export const rollbackBody = strict({
  reason: Type.String({ minLength: 1, maxLength: 500, pattern: '\\S', description: 'kept in the history' }),
});

export const myCouponsQuery = strict({
  ...pageQuery,
  bookId: Type.Optional(uuid()),
  state: Type.Optional(couponStateSchema),
});

export const bookParams = strict({ id: uuid('of the book') });

export const bookCouponsQuery = strict({
  ...exportQuery,
  state: Type.Optional(couponStateSchema),
  ...namedUser('its owner'),
  code: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'the beginning of the code' })),
});

export const historyQuery = strict(pageQuery);

/**
 * The canonical form of a code in a path.
 * @throws {Problem} invalid-request when it can be no code at all; that tells nothing about those that exist
 */
export function requireCode(text: string): string {
  const parsed = canonicalCode(text);
  if ('code' in parsed) return parsed.code;
  throw fieldProblem({ in: 'path', pointer: '/code' }, parsed);
}
