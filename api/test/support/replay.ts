import type { CouponState } from '../../src/database/types.ts';

interface ToldEvent {
  type: string;
  data: Record<string, unknown> | null;
}

/** From which state an event can come (null: any), and to which it leads (null: it says so itself). */
const STEPS: Record<string, { from: CouponState | null; to: CouponState | null }> = {
  'coupon.assigned': { from: 'UNASSIGNED', to: 'ASSIGNED' },
  'coupon.locked': { from: 'ASSIGNED', to: 'LOCKED' },
  'coupon.unlocked': { from: 'LOCKED', to: 'ASSIGNED' },
  'coupon.lock_expired': { from: 'LOCKED', to: 'ASSIGNED' },
  'coupon.redeemed': { from: 'LOCKED', to: null },
  'coupon.unassigned': { from: 'ASSIGNED', to: 'UNASSIGNED' },
  'coupon.redemption_rolled_back': { from: null, to: null },
};

/** The state that a coupon's events lead to, or the first of them that cannot have happened where it stands. */
export function replay(
  events: readonly ToldEvent[],
  start: CouponState = 'UNASSIGNED',
): { state: CouponState } | { impossible: string } {
  let state = start;
  for (const [index, { type, data }] of events.entries()) {
    const step = STEPS[type];
    if (!step || (step.from ?? state) !== state)
      return { impossible: `${type} (event ${index + 1}) of a coupon that is ${state}` };
    state = step.to ?? (data?.state as CouponState);
  }
  return { state };
}
