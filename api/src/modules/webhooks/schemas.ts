import Type, { type Static } from 'typebox';
import { component, nullable, page, pageQuery, ref, strict, time, uuid } from '../../schemas.ts';
import type { DeliveryRow } from './deliveries/queries.ts';
import { EVENT_TYPES } from './event-types.ts';
import type { WebhookRow } from './queries.ts';

/** One of some words, or null, as OpenAPI 3.0 says that. */
const nullableWord = <T extends string>(words: readonly T[], description: string) =>
  Type.Unsafe<T | null>({ type: 'string', enum: [...words, null], nullable: true, description });

const url = Type.String({
  minLength: 8,
  maxLength: 2000,
  description: 'http or https, at a public address, without a user; redirects are not followed',
  example: 'https://shop.example.org/hooks/coupons',
});
const types = Type.Array(Type.Enum(EVENT_TYPES), { minItems: 1, maxItems: 50, uniqueItems: true });
const bookIds = Type.Array(uuid(), {
  minItems: 1,
  maxItems: 100,
  uniqueItems: true,
  description: 'only events of these books; null: of all',
});
const includeCodes = Type.Boolean({
  description: 'whether this endpoint is sent whole codes; otherwise they are masked',
});
const description = Type.String({ maxLength: 500 });

export const newWebhook = strict({
  url,
  types,
  bookIds: Type.Optional(nullable(bookIds)),
  includeCodes: Type.Optional(includeCodes),
  description: Type.Optional(nullable(description)),
});

export const webhookChanges = strict(
  {
    url: Type.Optional(url),
    types: Type.Optional(types),
    bookIds: Type.Optional(nullable(bookIds)),
    includeCodes: Type.Optional(includeCodes),
    description: Type.Optional(nullable(description)),
    disabled: Type.Optional(
      Type.Boolean({
        description: 'switched off, it is sent nothing, and what happens meanwhile is not kept for it',
      }),
    ),
  },
  { minProperties: 1 },
);

const health = Type.Enum(['untried', 'healthy', 'failing', 'disabled']);

const webhookProperties = {
  id: uuid(),
  url: Type.String(),
  description: nullable(Type.String()),
  types: Type.Array(Type.String()),
  bookIds: nullable(Type.Array(uuid())),
  includeCodes: Type.Boolean(),
  health,
  disabledAt: nullable(time()),
  disabledReason: nullableWord(
    ['administrator', 'gone', 'failing', 'backlog'],
    'administrator: somebody did; gone: it answered 410; failing: it failed for 3 days; backlog: it was 3 days behind',
  ),
  failingSince: nullable(time('the first of the failures that no success has followed')),
  lastSuccessAt: nullable(time()),
  lastFailureAt: nullable(time()),
  formerSecretUntil: nullable(time('until then messages are signed with the secret of before, too')),
  createdAt: time(),
  updatedAt: time(),
};

export const webhookSchema = component('Webhook', webhookProperties);
export const webhookPage = page('WebhookPage', ref(webhookSchema));
export const webhookWithSecret = component('WebhookWithSecret', {
  ...webhookProperties,
  secret: Type.String({ description: 'shown this once; signs each message', example: 'whsec_…' }),
});

function healthOf({ disabledAt, failingSince, lastSuccessAt }: WebhookRow): Static<typeof health> {
  if (disabledAt) return 'disabled';
  if (failingSince) return 'failing';
  return lastSuccessAt ? 'healthy' : 'untried';
}

const iso = (at: Date | null) => at?.toISOString() ?? null;

export function presentWebhook(row: WebhookRow): Static<typeof webhookSchema> {
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    types: row.types,
    bookIds: row.bookIds,
    includeCodes: row.includeCodes,
    health: healthOf(row),
    disabledAt: iso(row.disabledAt),
    disabledReason: row.disabledReason,
    failingSince: iso(row.failingSince),
    lastSuccessAt: iso(row.lastSuccessAt),
    lastFailureAt: iso(row.lastFailureAt),
    formerSecretUntil: iso(row.formerSecretUntil),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

const status = Type.Enum(['pending', 'delivered', 'failed']);

const attemptSchema = component('DeliveryAttempt', {
  at: time(),
  durationMs: Type.Integer(),
  status: nullable(Type.Integer({ description: 'of the answer; null: there was none' })),
  failure: nullableWord(
    ['timeout', 'refused-address', 'name-unknown', 'connection-refused', 'connection-cut', 'tls', 'other'],
    'why there was no answer',
  ),
  answer: nullable(Type.String({ description: 'its first 1,000 characters' })),
});

const deliveryProperties = {
  id: Type.Integer(),
  messageId: Type.String({ description: 'the `webhook-id` of each try' }),
  type: Type.String(),
  status,
  tries: Type.Integer({ description: 'since it was last started' }),
  nextTryAt: nullable(time()),
  attempts: Type.Array(ref(attemptSchema), { description: 'the newest last, 20 at most' }),
  createdAt: time(),
  endedAt: nullable(time()),
};

export const deliverySchema = component('WebhookDelivery', deliveryProperties);
export const deliveryPage = page('WebhookDeliveryPage', ref(deliverySchema));
export const deliveryWithRequest = component('WebhookDeliveryWithRequest', {
  ...deliveryProperties,
  request: Type.Object(
    {
      url: Type.String(),
      body: Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        additionalProperties: true,
        description: 'as the schema of its type says: see the callbacks of createWebhook',
      }),
    },
    { description: 'what is sent, without the signature' },
  ),
});

export function presentDelivery(row: DeliveryRow): Static<typeof deliverySchema> {
  return {
    id: row.id,
    messageId: row.messageId,
    type: row.type,
    status: row.status,
    tries: row.tries,
    nextTryAt: iso(row.nextTryAt),
    attempts: row.attempts as Static<typeof attemptSchema>[],
    createdAt: row.createdAt.toISOString(),
    endedAt: iso(row.endedAt),
  };
}

export const webhookId = strict({ id: uuid() });
export const deliveryId = strict({
  id: uuid(),
  deliveryId: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
});
export const listQuery = strict(pageQuery);
export const deliveriesQuery = strict({ ...pageQuery, status: Type.Optional(status) });

export const rotation = strict({
  keepFormerHours: Type.Integer({
    minimum: 0,
    maximum: 168,
    default: 24,
    description: 'how long messages are signed with the secret of before, too; 0 when it has leaked',
  }),
});

export const replayOrder = strict({
  from: time('events since then are sent again, whether or not they arrived'),
  until: Type.Optional(time('exclusive; now, unless given')),
});

const relaySchema = component('Relay', {
  name: Type.Enum(['webhooks', 'sqs', 'eventbridge']),
  status: Type.Enum(['idle', 'behind', 'stopped'], {
    description: 'stopped: the database is another or older than it was; say from when to go on',
  }),
  lagSeconds: Type.Number({ description: 'age of the oldest event that was not handed on' }),
  stoppedAt: nullable(time()),
});
export const relayList = component('RelayList', { items: Type.Array(ref(relaySchema)) });
export const relayName = strict({ name: Type.Enum(['webhooks', 'sqs', 'eventbridge']) });
export const resumption = strict({ from: time('events since then are handed on again') });

export const webhookSchemas = [
  webhookSchema,
  webhookPage,
  webhookWithSecret,
  attemptSchema,
  deliverySchema,
  deliveryPage,
  deliveryWithRequest,
  relaySchema,
  relayList,
];
