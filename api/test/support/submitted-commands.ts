import { createHash } from 'node:crypto';
import type { SubmittedCommand } from '../../src/modules/coupons/commands/command.ts';
import type { Actor } from '../../src/modules/coupons/state.ts';

/** The claim of a request with this key. */
export const claimOf = (key: string) => {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return { keyHash: digest(key), fingerprint: digest('the same request') };
};

/** A random assignment, as its route submits it. */
export const commandOf = (
  bookId: string,
  { actor, userId }: { actor: Actor; userId: string },
  more: Partial<SubmittedCommand> = {},
): SubmittedCommand => ({
  type: 'assign',
  actor,
  userId,
  code: null,
  bookId,
  metadata: {},
  claim: null,
  context: { instance: '/api/v1/coupons/assign/random', requestId: 'test' },
  deadline: performance.now() + 60_000,
  guessBudgets: [],
  ...more,
});
