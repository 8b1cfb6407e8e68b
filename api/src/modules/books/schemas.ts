import Type, { type Static, type TSchema } from 'typebox';
import { component, metadata, nullable, page, pageQuery, ref, strict, time, uuid } from '../../schemas.ts';
import type { Caller } from '../../access/caller.ts';
import type { BookRow } from './queries.ts';

const MAX_INTEGER = 2 ** 31 - 1;
export const STATS_DAYS = 30;

/** The longest time before its end for which a book can be watched. */
const MAX_DAYS_BEFORE = 366;

const settings = {
  name: Type.String({
    minLength: 1,
    maxLength: 200,
    pattern: '\\S',
    description: 'unique among the books that are not archived, whatever the case',
    example: 'Summer sale 2026',
  }),
  description: nullable(Type.String({ maxLength: 2000 })),
  startsAt: nullable(time('nothing can be assigned, locked or redeemed before')),
  expiresAt: nullable(time('nothing can be assigned, locked or redeemed from this time on; after startsAt')),
  maxAssignmentsPerUser: nullable(
    Type.Integer({
      minimum: 1,
      maximum: MAX_INTEGER,
      description: 'most coupons of this book one user is given; null: no limit',
    }),
  ),
  allowMultipleRedemptions: Type.Boolean({
    description: 'whether one coupon can be redeemed more than once',
  }),
  maxRedemptions: nullable(
    Type.Integer({
      minimum: 1,
      maximum: MAX_INTEGER,
      description:
        'how often one coupon can be redeemed; null: no limit. Other than 1 only with allowMultipleRedemptions',
    }),
  ),
  lockTtlSeconds: Type.Integer({ minimum: 1, maximum: 86_400, description: 'how long a lock lasts' }),
  alertBelow: nullable(
    Type.Integer({
      minimum: 1,
      maximum: MAX_INTEGER,
      description: 'when fewer coupons are left than this, `book.stock_low` leaves, once; null: never',
    }),
  ),
  alertDaysBefore: nullable(
    Type.Integer({
      minimum: 1,
      maximum: MAX_DAYS_BEFORE,
      description: 'so many days before the end, `book.expiring` leaves, once; null: never',
    }),
  ),
  metadata,
};

const optional = <T extends TSchema>(schema: T, description: string) =>
  Type.Optional({ ...schema, description });

export const bookSchema = component('Book', {
  id: uuid(),
  ...settings,
  alertBelow: optional(settings.alertBelow, 'see the settings; only an ADMIN sees it'),
  alertDaysBefore: optional(settings.alertDaysBefore, 'see the settings; only an ADMIN sees it'),
  metadata: optional(metadata, "the company's own data, at most 4096 bytes; only an ADMIN sees it"),
  archivedAt: nullable(time('since when the book takes no part in anything new')),
  createdAt: time(),
  updatedAt: time(),
});

export const heldBookSchema = component('HeldBook', {
  book: ref(bookSchema),
  assigned: Type.Integer({
    description: "the caller's coupons of it: what is left of maxAssignmentsPerUser follows",
  }),
});

export const heldBookPage = page('HeldBookPage', ref(heldBookSchema));

export const heldBooksQuery = strict(pageQuery);

export const newBook = strict(
  {
    name: settings.name,
    description: Type.Optional(settings.description),
    startsAt: Type.Optional(settings.startsAt),
    expiresAt: Type.Optional(settings.expiresAt),
    maxAssignmentsPerUser: Type.Optional(settings.maxAssignmentsPerUser),
    allowMultipleRedemptions: optional(
      settings.allowMultipleRedemptions,
      'whether one coupon can be redeemed more than once (default: false)',
    ),
    maxRedemptions: optional(
      settings.maxRedemptions,
      'how often one coupon can be redeemed; null: no limit. Default: 1, or no limit with allowMultipleRedemptions',
    ),
    lockTtlSeconds: optional(
      settings.lockTtlSeconds,
      'how long a lock lasts (default: LOCK_TTL_SECONDS of the server)',
    ),
    alertBelow: Type.Optional(settings.alertBelow),
    alertDaysBefore: Type.Optional(settings.alertDaysBefore),
    metadata: Type.Optional(metadata),
  },
  {
    examples: [
      { name: 'Summer sale 2026', expiresAt: '2026-09-01T00:00:00+02:00', maxAssignmentsPerUser: 1 },
    ],
  },
);

/** Any subset; null clears. */
export const bookChanges = strict(
  {
    ...(Object.fromEntries(
      Object.entries(settings).map(([name, schema]) => [name, Type.Optional(schema as TSchema)]),
    ) as { [K in keyof typeof settings]: ReturnType<typeof Type.Optional<(typeof settings)[K]>> }),
    maxRedemptions: optional(
      settings.maxRedemptions,
      'null: no limit. When only allowMultipleRedemptions changes, this becomes its default: no limit, or 1',
    ),
    archived: Type.Optional(
      Type.Boolean({
        description:
          'true: nothing of the book can be assigned, locked or redeemed any more; false: undoes that',
      }),
    ),
  },
  { examples: [{ maxAssignmentsPerUser: null, archived: true }] },
);

export type NewBook = Static<typeof newBook>;
export type BookChanges = Static<typeof bookChanges>;

export const bookId = strict({ id: uuid() });

export const listQuery = strict({
  ...pageQuery,
  archived: Type.Optional(
    Type.Boolean({ description: 'only books that are archived, or only those that are not' }),
  ),
  q: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200, description: 'part of the name, in any case' }),
  ),
  include: Type.Optional(
    Type.Enum(['stats', 'stock'], {
      description:
        'stats: count the coupons of each book, too (for an ADMIN); stock: say whether one is left',
    }),
  ),
});

const count = (description: string) => Type.Integer({ minimum: 0, description });

const counts = {
  total: count('coupons'),
  unassigned: count('free to be given away'),
  assigned: count('given to a user and not locked; a lock that has run out counts here'),
  locked: count('held for redeeming now'),
  redeemed: count('spent for good'),
  redemptions: count('redemptions of all coupons so far'),
};

export const bookCountsSchema = component('BookCounts', counts);

export const listedBookSchema = component('ListedBook', {
  ...bookSchema.properties,
  stats: Type.Optional(ref(bookCountsSchema)),
  inStock: Type.Optional(
    Type.Boolean({ description: 'with `include=stock`: a coupon is left to be given away' }),
  ),
});

export const bookPage = page('BookPage', ref(listedBookSchema));

export const bookStatsSchema = component('BookStats', {
  ...counts,
  redemptionsByDay: Type.Array(
    Type.Object({
      date: Type.String({ format: 'date', example: '2026-12-24' }),
      redemptions: count('on that day'),
    }),
    { description: `the last ${STATS_DAYS} days in UTC, today last, days without any included` },
  ),
});

/** A book as `viewer` may see it. */
export function presentBook(row: BookRow, { role }: Pick<Caller, 'role'>): Static<typeof bookSchema> {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    startsAt: row.startsAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
    maxAssignmentsPerUser: row.maxAssignmentsPerUser,
    allowMultipleRedemptions: row.allowMultipleRedemptions,
    maxRedemptions: row.maxRedemptions,
    lockTtlSeconds: row.lockTtlSeconds,
    ...(role === 'ADMIN' && {
      alertBelow: row.alertBelow,
      alertDaysBefore: row.alertDaysBefore,
      metadata: row.metadata,
    }),
    archivedAt: row.archivedAt?.toISOString() ?? null,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
