import type { Schemas } from '../api/client';

/** How each kind of event looks in lists: never by colour alone. */
export const EVENT_LOOKS = {
  'coupon.assigned': { color: 'info', icon: 'i-lucide-ticket' },
  'coupon.unassigned': { color: 'neutral', icon: 'i-lucide-ticket-x' },
  'coupon.locked': { color: 'warning', icon: 'i-lucide-lock' },
  'coupon.unlocked': { color: 'neutral', icon: 'i-lucide-lock-open' },
  'coupon.lock_expired': { color: 'neutral', icon: 'i-lucide-timer-off' },
  'coupon.redeemed': { color: 'success', icon: 'i-lucide-circle-check-big' },
  'coupon.redemption_rolled_back': { color: 'error', icon: 'i-lucide-undo-2' },
} as const satisfies Record<Schemas['Event']['type'], { color: string; icon: string }>;

export type EventType = keyof typeof EVENT_LOOKS;
export const EVENT_TYPES = Object.keys(EVENT_LOOKS) as EventType[];
