import Type, { type Static } from 'typebox';
import type { Cell } from '../../../answers/csv-export.ts';
import { component, metadata, nullable, page, ref, strict, time, uuid } from '../../../schemas.ts';
import { historyFilters } from '../pages.ts';
import type { ListedRedemption } from './queries.ts';

export const redemptionsQuery = strict(historyFilters);

export const redemptionSchema = component(
  'Redemption',
  {
    id: Type.Integer(),
    code: Type.String(),
    bookId: uuid(),
    bookName: Type.String(),
    userId: uuid('for whom'),
    userEmail: Type.String(),
    actorId: uuid('who did it'),
    actorEmail: Type.String(),
    redeemedAt: time('or rolled back'),
    redemptionNumber: Type.Integer({ description: 'the how-manieth of its coupon' }),
    rollbackOf: nullable(Type.Integer({ description: 'the redemption that this one rolls back' })),
    reason: nullable(Type.String({ description: 'of a rollback' })),
    rolledBackBy: nullable(Type.Integer({ description: 'the rollback that took this one back' })),
    metadata,
  },
  'one redemption of a coupon, or the rollback of one',
);

export const redemptionPage = page('RedemptionPage', ref(redemptionSchema));

export function presentRedemption(row: ListedRedemption): Static<typeof redemptionSchema> {
  return {
    id: row.id,
    code: row.code,
    bookId: row.bookId,
    bookName: row.bookName,
    userId: row.userId,
    userEmail: row.userEmail,
    actorId: row.actorId,
    actorEmail: row.actorEmail,
    redeemedAt: row.redeemedAt.toISOString(),
    redemptionNumber: row.redemptionNumber,
    rollbackOf: row.rollbackOf,
    reason: row.reason,
    rolledBackBy: row.rolledBackBy,
    metadata: row.metadata,
  };
}

export const REDEMPTION_COLUMNS = Object.keys(redemptionSchema.properties);

export function redemptionCells(row: ListedRedemption): Cell[] {
  const { metadata: data, ...cells } = presentRedemption(row);
  return [...Object.values(cells), JSON.stringify(data)];
}
