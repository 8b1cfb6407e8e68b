import Type, { type Static } from 'typebox';
import { component, nullable, page, ref, strict, time, uuid } from '../../../schemas.ts';
import type { Cell } from '../../../answers/csv-export.ts';
import { couponEventSchema } from '../../coupons/present.ts';
import { historyFilters } from '../pages.ts';
import type { ListedEvent } from './queries.ts';

const { type } = couponEventSchema.properties;

export const eventsQuery = strict({
  ...historyFilters,
  type: Type.Optional(Type.Array(type, { minItems: 1, maxItems: 20, description: 'one or more of them' })),
  jobId: Type.Optional(uuid('what this job did')),
});

export const eventSchema = component(
  'Event',
  {
    id: Type.Integer(),
    type,
    occurredAt: time(),
    bookId: uuid(),
    bookName: nullable(Type.String()),
    code: nullable(Type.String({ description: 'null: the coupon was deleted with its book' })),
    userId: uuid('for whom'),
    userEmail: nullable(Type.String()),
    actorId: nullable(uuid('who did it; null: time itself')),
    actorEmail: nullable(Type.String()),
    jobId: nullable(uuid('the job that did it')),
    data: nullable(Type.Unsafe<Record<string, unknown>>({ type: 'object', additionalProperties: true })),
  },
  'one change of one coupon',
);

export const eventPage = page('EventPage', ref(eventSchema));

export function presentListedEvent(row: ListedEvent): Static<typeof eventSchema> {
  return {
    id: row.id,
    type: row.type,
    occurredAt: row.occurredAt.toISOString(),
    bookId: row.bookId,
    bookName: row.bookName,
    code: row.code,
    userId: row.userId,
    userEmail: row.userEmail,
    actorId: row.actorId,
    actorEmail: row.actorEmail,
    jobId: row.jobId,
    data: row.data,
  };
}

export const EVENT_COLUMNS = Object.keys(eventSchema.properties);

export function eventCells(row: ListedEvent): Cell[] {
  const { data, ...cells } = presentListedEvent(row);
  return [...Object.values(cells), data === null ? null : JSON.stringify(data)];
}
