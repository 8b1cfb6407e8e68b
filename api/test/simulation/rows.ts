import { isDeepStrictEqual } from 'node:util';
import { sql } from 'kysely';
import type { Database } from '../../src/database/connection.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import { shortenLocks } from '../../src/modules/coupons/queries.ts';
import type { History } from './generate.ts';
import { countOf, toText, validOf } from './model.ts';
import type { Coupon } from './world.ts';

/** Writes the books, users and coupons of histories that begin. */
export async function insertHistories(db: Database, histories: readonly History[]): Promise<void> {
  const users = histories.flatMap(({ world }) => [...world.users].map(([id, { role }]) => ({ id, role })));
  await sql`
    INSERT INTO users (id, email, role)
    SELECT id, id || '@example.test', role FROM unnest(
      ${users.map(({ id }) => id)}::uuid[], ${users.map(({ role }) => role)}::user_role[]) AS u(id, role)`.execute(
    db,
  );
  const books = histories.flatMap(({ world }) => [...world.books.keys()]);
  await sql`
    INSERT INTO books (id, name, allow_multiple_redemptions, max_redemptions, lock_ttl_seconds)
    SELECT id, id::text, true, NULL, 1 FROM unnest(${books}::uuid[]) AS id`.execute(db);
  await saveSettings(db, histories);
  const coupons = histories.flatMap(({ world }) => [...world.coupons.values()]);
  await sql`
    INSERT INTO coupons (book_id, code)
    SELECT * FROM unnest(${coupons.map(({ bookId }) => bookId)}::uuid[], ${coupons.map(({ code }) => code)}::text[])`.execute(
    db,
  );
}

/** Makes the books and users what the models say. */
export async function saveSettings(db: Database, histories: readonly History[]): Promise<void> {
  if (histories.length === 0) return;
  const books = histories.flatMap(({ world }) => [...world.books.values()]);
  await sql`
    UPDATE books SET starts_at = b.starts_at, expires_at = b.expires_at, lock_ttl_seconds = b.lock_seconds,
      archived_at = CASE WHEN b.archived THEN '2020-01-01'::timestamptz END,
      max_assignments_per_user = b.limit_per_user, max_redemptions = b.max_redemptions
    FROM unnest(
      ${books.map(({ id }) => id)}::uuid[], ${books.map(({ startsAt }) => toText(startsAt))}::timestamptz[],
      ${books.map(({ expiresAt }) => toText(expiresAt))}::timestamptz[], ${books.map(({ lockSeconds }) => lockSeconds)}::integer[],
      ${books.map(({ archived }) => archived)}::boolean[], ${books.map(({ limitPerUser }) => limitPerUser)}::integer[],
      ${books.map(({ maxRedemptions }) => maxRedemptions)}::integer[]
    ) AS b(id, starts_at, expires_at, lock_seconds, archived, limit_per_user, max_redemptions)
    WHERE books.id = b.id`.execute(db);
  await inTransaction(db, async (trx) => {
    for (const { id, expiresAt } of books)
      if (expiresAt !== null) await shortenLocks(trx, id, new Date(expiresAt));
  });
  const users = histories.flatMap(({ world }) => [...world.users].map(([id, user]) => ({ id, ...user })));
  await sql`
    UPDATE users SET role = u.role, disabled_at = CASE WHEN u.disabled THEN '2020-01-01'::timestamptz END
    FROM unnest(
      ${users.map(({ id }) => id)}::uuid[], ${users.map(({ role }) => role)}::user_role[],
      ${users.map(({ disabled }) => disabled)}::boolean[]) AS u(id, role, disabled)
    WHERE users.id = u.id AND (users.role <> u.role OR (users.disabled_at IS NOT NULL) <> u.disabled)`.execute(
    db,
  );
}

/** What a row holds, of what the model knows. */
interface Row {
  state: string;
  owner: string | null;
  assignedAt: string | null;
  lockedAt: string | null;
  lockExpiresAt: string | null;
  redeemedAt: string | null;
  redemptionCount: number;
}

/** The row that a model's coupon should be. */
const expectedRow = (coupon: Coupon): Row => ({
  state:
    coupon.owner === null ? 'UNASSIGNED' : coupon.usedUp ? 'REDEEMED' : coupon.lock ? 'LOCKED' : 'ASSIGNED',
  owner: coupon.owner,
  assignedAt: toText(coupon.assignedAt),
  lockedAt: toText(coupon.lock?.since ?? null),
  lockExpiresAt: toText(coupon.lock?.until ?? coupon.ranOutAt),
  redeemedAt: toText(validOf(coupon).at(-1)?.at ?? null),
  redemptionCount: validOf(coupon).length,
});

/** Fails at the first history whose rows are not its model's coupons. */
export async function compareRows(
  db: Database,
  histories: readonly History[],
  fail: (history: History, problem: string) => never,
): Promise<void> {
  const books = histories.flatMap(({ world }) => [...world.books.keys()]);
  const { rows } = await sql<{ code: string } & Record<keyof Row, string | number | Date | null>>`
    SELECT code, state, assigned_user_id AS owner, assigned_at AS "assignedAt", locked_at AS "lockedAt",
           lock_expires_at AS "lockExpiresAt", redeemed_at AS "redeemedAt", redemption_count AS "redemptionCount"
    FROM coupons WHERE book_id = ANY(${books}::uuid[])`.execute(db);
  const found = new Map(rows.map(({ code, ...row }) => [code, row]));
  for (const history of histories) {
    for (const coupon of history.world.coupons.values()) {
      const row = Object.fromEntries(
        Object.entries(found.get(coupon.code)!).map(([name, value]) => [
          name,
          value instanceof Date ? value.toISOString() : value,
        ]),
      );
      const expected = expectedRow(coupon);
      if (!isDeepStrictEqual(row, expected)) {
        fail(
          history,
          `coupon ${coupon.code} is ${JSON.stringify(row)}\n  and should be ${JSON.stringify(expected)}`,
        );
      }
    }
  }
}

/** Fails at the first history whose events, redemptions or counters are not its model's. */
export async function compareTrail(
  db: Database,
  histories: readonly History[],
  fail: (history: History, problem: string) => never,
): Promise<void> {
  const books = histories.flatMap(({ world }) => [...world.books.keys()]);
  const { rows: events } = await sql<{ code: string; told: object[] }>`
    SELECT c.code, jsonb_agg(jsonb_build_object('type', e.type, 'userId', e.user_id, 'actorId', e.actor_id,
             'at', (extract(epoch FROM e.occurred_at) * 1000)::bigint, 'data', e.data - 'redemptionId' - 'reason') ORDER BY e.id) AS told
    FROM events e JOIN coupons c ON c.book_id = e.book_id AND c.id = e.coupon_id WHERE e.book_id = ANY(${books}::uuid[]) GROUP BY c.code`.execute(
    db,
  );
  const { rows: redemptions } = await sql<{ code: string; told: object[] }>`
    SELECT c.code, jsonb_agg(jsonb_build_object('number', h.redemption_number, 'userId', h.user_id, 'actorId', h.actor_id,
             'at', (extract(epoch FROM h.redeemed_at) * 1000)::bigint, 'metadata', h.metadata, 'rolledBackBy', b.actor_id)
             ORDER BY h.redemption_number) AS told
    FROM redemption_history h JOIN coupons c ON c.book_id = h.book_id AND c.id = h.coupon_id
    LEFT JOIN redemption_history b ON b.book_id = h.book_id AND b.coupon_id = h.coupon_id AND b.rollback_of = h.id
    WHERE h.book_id = ANY(${books}::uuid[]) AND h.rollback_of IS NULL GROUP BY c.code`.execute(db);
  const { rows: counters } = await sql<{ name: string; assigned: number }>`
    SELECT book_id || ' ' || user_id AS name, assigned FROM book_user_counters WHERE book_id = ANY(${books}::uuid[])`.execute(
    db,
  );
  const eventsOf = new Map(events.map(({ code, told }) => [code, told]));
  const redemptionsOf = new Map(redemptions.map(({ code, told }) => [code, told]));
  const countersOf = new Map(counters.map(({ name, assigned }) => [name, assigned]));
  for (const history of histories) {
    const same = (what: string, found: unknown, expected: unknown) => {
      if (isDeepStrictEqual(found, expected)) return;
      fail(history, `${what}: ${JSON.stringify(found)}\n  should be ${JSON.stringify(expected)}`);
    };
    const { world } = history;
    for (const { code, events: told, redemptions: made } of world.coupons.values()) {
      same(`events of ${code}`, eventsOf.get(code) ?? [], told);
      const numbered = made.map((redemption, n) => ({ number: n + 1, ...redemption }));
      same(`redemptions of ${code}`, redemptionsOf.get(code) ?? [], numbered);
    }
    for (const bookId of world.books.keys()) {
      for (const userId of world.users.keys()) {
        same(
          `counter of ${userId}`,
          countersOf.get(`${bookId} ${userId}`) ?? 0,
          countOf(world, bookId, userId),
        );
      }
    }
  }
}
