import type { paths } from '../api/schema';

export type EventType =
  paths['/api/v1/webhooks']['post']['requestBody']['content']['application/json']['types'][number];

/** What a webhook can be told, in the order in which it happens. */
export const EVENT_TYPES: readonly EventType[] = [
  'coupon.assigned',
  'coupon.locked',
  'coupon.unlocked',
  'coupon.lock_expired',
  'coupon.redeemed',
  'coupon.unassigned',
  'coupon.redemption_rolled_back',
  'book.stock_low',
  'book.expiring',
  'job.finished',
  'webhook.disabled',
];
