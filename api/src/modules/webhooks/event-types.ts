import Type from 'typebox';
import { component, nullable, time, uuid } from '../../schemas.ts';

/** What leaves, as OpenAPI shows it: the body of a message, for each type. A test holds what is sent to it. */

const book = { book: Type.Object({ id: uuid(), name: nullable(Type.String()) }) };
const coupon = {
  eventId: Type.Integer({ description: 'later events of a coupon have higher ids: order by this' }),
  ...book,
  coupon: Type.Object({
    id: Type.Integer({ description: 'the same for all events of a coupon' }),
    code: nullable(
      Type.String({
        description: 'its first characters and `***`; the whole code only for endpoints with `includeCodes`',
        example: 'K7***',
      }),
    ),
  }),
  user: Type.Object({
    id: uuid('for whom'),
    externalId: nullable(
      Type.String({ description: "the company's own id of this person", example: 'customer-4711' }),
    ),
  }),
  actorId: nullable(uuid('who did it; null: time itself')),
};
const none = nullable(Type.Object({}, { additionalProperties: true }));
const state = Type.Enum(['UNASSIGNED', 'ASSIGNED', 'LOCKED', 'REDEEMED']);

/** The `data` of each type, and what it tells. */
const types = {
  'coupon.assigned': { about: 'A coupon was given to a user.', data: { ...coupon, details: none } },
  'coupon.locked': {
    about: 'A user holds a coupon at checkout.',
    data: { ...coupon, details: Type.Object({ lockExpiresAt: time() }) },
  },
  'coupon.unlocked': { about: 'A lock was given back.', data: { ...coupon, details: none } },
  'coupon.lock_expired': { about: 'A lock ran out.', data: { ...coupon, details: none } },
  'coupon.redeemed': {
    about: 'A coupon was redeemed.',
    data: {
      ...coupon,
      details: Type.Object({
        redemptionCount: Type.Integer(),
        state,
        metadata: Type.Object({}, { additionalProperties: true, description: 'what came with the request' }),
      }),
    },
  },
  'coupon.unassigned': {
    about: 'A coupon was taken from its user, back to the stock.',
    data: { ...coupon, details: none },
  },
  'coupon.redemption_rolled_back': {
    about: 'A redemption was undone.',
    data: {
      ...coupon,
      details: Type.Object({
        redemptionId: Type.Integer(),
        reason: Type.String(),
        redemptionCount: Type.Integer(),
        state,
      }),
    },
  },
  'book.stock_low': {
    about: 'Fewer coupons of a book are left than its `alertBelow`.',
    data: {
      noticeId: Type.Integer(),
      bookId: uuid(),
      bookName: Type.String(),
      unassigned: Type.Integer({ description: 'coupons left' }),
      alertBelow: Type.Integer(),
    },
  },
  'book.expiring': {
    about: 'A book ends in `alertDaysBefore` days or less.',
    data: {
      noticeId: Type.Integer(),
      bookId: uuid(),
      bookName: Type.String(),
      unassigned: Type.Integer({ description: 'coupons left' }),
      expiresAt: time(),
      alertDaysBefore: Type.Integer(),
    },
  },
  'job.finished': {
    about: 'An import, generation, distribution or undoing ended.',
    data: {
      noticeId: Type.Integer(),
      bookId: nullable(uuid()),
      jobId: uuid(),
      kind: Type.String(),
      status: Type.Enum(['completed', 'failed', 'cancelled']),
    },
  },
  'webhook.disabled': {
    about: 'An endpoint was switched off because it failed.',
    data: {
      noticeId: Type.Integer(),
      bookId: nullable(uuid()),
      webhookId: uuid(),
      reason: Type.Enum(['gone', 'failing', 'backlog']),
    },
  },
} as const;

export type EventTypeName = keyof typeof types;

/** What an endpoint may ask for. */
export const EVENT_TYPES = Object.keys(types) as EventTypeName[];

const pascal = (name: string) =>
  name
    .split(/[._]/)
    .map((word) => word[0]!.toUpperCase() + word.slice(1))
    .join('');

const envelope = (name: string, about: string, data: Record<string, Type.TSchema>) =>
  component(
    `${pascal(name)}Message`,
    {
      specversion: Type.Enum(['1.0']),
      id: Type.String({
        description: 'the same for each try: whoever has seen it drops it',
        example: 'event-4711',
      }),
      source: Type.String({ description: 'PUBLIC_URL of the service, or coupon-book' }),
      type: Type.Enum([name]),
      subject: Type.String({ description: 'what it is about', example: 'coupon-815' }),
      time: time("the database's clock"),
      datacontenttype: Type.Enum(['application/json']),
      data: Type.Object(data, { additionalProperties: false }),
    },
    about,
  );

/** Each type of message, with what it tells and its schema. */
export const messageTypes = [
  ...Object.entries(types),
  [
    'webhook.test',
    { about: 'A test message that an administrator asked for.', data: { note: Type.String() } },
  ] as const,
].map(([name, { about, data }]) => ({ name, about, schema: envelope(name, about, data) }));
