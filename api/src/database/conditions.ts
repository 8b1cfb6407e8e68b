import { type RawBuilder, sql } from 'kysely';

type Condition = RawBuilder<unknown>;

/** The conditions that are asked for, as one: what is undefined, null or false is left out. */
export function allOf(...asked: (Condition | false | null | undefined)[]): Condition {
  const conditions = asked.filter(
    (condition) => condition !== false && condition !== undefined && condition !== null,
  );
  return conditions.length > 0 ? sql.join(conditions, sql` AND `) : sql`true`;
}
