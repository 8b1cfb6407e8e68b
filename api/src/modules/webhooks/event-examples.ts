import type { EventTypeName } from './event-types.ts';
import { writeEnvelope } from './relay/envelope.ts';
import { eventMessage, type Message, noticeMessage } from './relay/message.ts';

/** A message of each type, as it would leave: made by what makes the real ones. For OpenAPI and docs/events-out.md. */

const occurredAt = new Date('2026-12-24T18:00:00.000Z');
const bookId = '0199f0a2-6f3c-7c1e-9d57-0f4e2f6f6a51';
const bookName = 'Summer sale';
const userId = '0199f0a2-71aa-7b02-8a34-5c1de2a0a7f3';
const administratorId = '0199f0a2-7350-7d7a-b6c1-4e0f6a1b2c3d';

const happened = {
  couponId: 815,
  bookId,
  bookName,
  code: 'K7PM-2XQA-9RTD',
  userId,
  userExternalId: 'customer-4711',
  actorId: userId,
  occurredAt,
};

/** What an event of a coupon says beside which coupon, whose and when. */
const events: Record<
  Extract<EventTypeName, `coupon.${string}`>,
  { actorId?: string | null; data: object | null }
> = {
  'coupon.assigned': { data: null },
  'coupon.locked': { data: { lockExpiresAt: '2026-12-24T18:05:00.000Z' } },
  'coupon.unlocked': { data: null },
  'coupon.lock_expired': { actorId: null, data: null },
  'coupon.redeemed': { data: { redemptionCount: 1, state: 'REDEEMED', metadata: { order: '4711' } } },
  'coupon.unassigned': { actorId: administratorId, data: null },
  'coupon.redemption_rolled_back': {
    actorId: administratorId,
    data: { redemptionId: 342, reason: 'The order was cancelled', redemptionCount: 0, state: 'ASSIGNED' },
  },
};

const notices: Record<
  Exclude<EventTypeName, `coupon.${string}`>,
  { bookId: string | null; data: Record<string, unknown> }
> = {
  'book.stock_low': { bookId, data: { bookName, unassigned: 99, alertBelow: 100 } },
  'book.expiring': {
    bookId,
    data: { bookName, unassigned: 1250, expiresAt: '2026-12-31T23:00:00.000Z', alertDaysBefore: 7 },
  },
  'job.finished': {
    bookId,
    data: { jobId: '0199f0a2-7a11-7c55-9f0e-3d2b1a09c8e7', kind: 'import', status: 'completed' },
  },
  'webhook.disabled': {
    bookId: null,
    data: { webhookId: '0199f0a2-7b84-7e19-8c2d-5f4e3d2c1b0a', reason: 'failing' },
  },
};

const messages: Message[] = [
  ...Object.entries(events).map(([type, { actorId = userId, data }], index) =>
    eventMessage({ ...happened, id: 4711 + index, type, actorId, data } as Parameters<
      typeof eventMessage
    >[0]),
  ),
  ...Object.entries(notices).map(([type, notice], index) =>
    noticeMessage({ id: 17 + index, type: type as keyof typeof notices, occurredAt, ...notice }),
  ),
  { id: 'test-0199f0a2-7c02-7a4b-9e1f-6a5b4c3d2e1f', type: 'webhook.test', occurredAt },
];

/** By type. */
export const messageExamples: Readonly<Record<string, object>> = Object.fromEntries(
  messages.map((message) => {
    const receiver = { source: 'https://coupons.example.org', includeCodes: false };
    return [message.type, JSON.parse(writeEnvelope(message, receiver)) as object];
  }),
);
