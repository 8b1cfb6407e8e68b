import type { Schemas } from '../api/client';

/** How each state of a coupon looks, everywhere: never by colour alone. */
export const STATE_LOOKS = {
  UNASSIGNED: { color: 'neutral', icon: 'i-lucide-circle-dashed' },
  ASSIGNED: { color: 'info', icon: 'i-lucide-ticket' },
  LOCKED: { color: 'warning', icon: 'i-lucide-lock' },
  REDEEMED: { color: 'success', icon: 'i-lucide-circle-check-big' },
} as const satisfies Record<Schemas['Coupon']['state'], { color: string; icon: string }>;
