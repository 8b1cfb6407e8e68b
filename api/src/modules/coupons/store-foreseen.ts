import { type RawBuilder, sql } from 'kysely';
import { type Claim, insertIntoAnswers } from '../../answers/idempotency.ts';
import type { Transaction } from '../../database/connection.ts';
import { clock, couponColumns, inOrderForUpdateSkipLocked, randomForUpdateSkipLocked } from './queries.ts';
import type { BookRules, Coupon, CouponEvent } from './state.ts';
import { insertIntoEvents, times } from './store.ts';

// The one other way by which changes of coupons are stored: where `decide` was asked before, about coupons as they were expected to be, a
// statement finds and locks them, changes them and tells the events, for who cannot wait for an answer in between. It fails, and so takes
// its transaction back, when one of the coupons is not as expected, when the clock is not, or when it is late.

export interface RandomAssignment {
  bookId: string;
  /** As it was read, and is: see `requireUnchangedBook`. */
  book: BookRules;
  /** What `decide` makes of a free coupon of it. */
  state: Coupon['state'];
  eventType: CouponEvent['type'];
  /** Where on the random keys to begin. */
  start: number;
  to: readonly { userId: string; actorId: string }[];
  /** Longest since the transaction began. */
  withinMs: number;
}

/** What is answered to each, but for what only the statement knows: see `foreseeAnswers`. */
interface ForeseenAnswers {
  templates: readonly string[];
  templateOf: readonly number[];
}

/** A coupon as it is stored now, and when that was decided. */
export interface Stored {
  coupon: Coupon;
  now: Date;
}

/**
 * Selects random coupons and gives them. Their counters have been raised before. Fails, and so takes its transaction back, when there is not one
 * for each, when it is outside of the book's dates, or too late.
 * @returns in the order of `to`
 */
export async function assignRandomCoupons(trx: Transaction, assignment: RandomAssignment): Promise<Stored[]> {
  const { to, withinMs } = assignment;
  const { rows } = await sql<StoredRow>`
    WITH ${givenAtRandom(assignment)}
    SELECT given.* FROM (
      SELECT require_count(count(*), ${to.length}, 'not a coupon for each'), ${requireInTime(withinMs)} FROM told) checked
    LEFT JOIN /* finds all */ given ON true ORDER BY position`.execute(trx);
  return rows.map(toStored);
}

/** A coupon that was given, and what its user is answered, as it is kept. */
export interface Answered extends Pick<Coupon, 'id' | 'code'> {
  body: string;
}

/**
 * The same, and keeps the answers under the keys of those who sent one. Fails also when a key was used before, or when a coupon is none
 * of those that the answers were foreseen for.
 */
export async function assignRandomCouponsAndAnswer(
  trx: Transaction,
  assignment: RandomAssignment,
  { claims, templates, templateOf }: ForeseenAnswers & { claims: readonly (Claim | null)[] },
): Promise<Answered[]> {
  const { to, withinMs } = assignment;
  const keyed = claims.filter((claim) => claim !== null).length;
  // The keys come last in the one order of locks. They are counted before the time is looked at, since it may wait for one.
  const { rows } = await sql<Answered & { position: number }>`
    WITH ${givenAtRandom(assignment)},
    answered AS (
      SELECT id, code, position, format((${templates}::text[])[(${templateOf}::integer[])[position]], code, "assignedUserId", ${isoTime(sql`now`)}) AS body
      FROM given WHERE "redemptionCount" = 0 AND metadata = '{}'),
    kept AS (${insertIntoAnswers(claims, sql`SELECT position, body FROM answered`)} RETURNING 1)
    SELECT answered.* FROM (
      SELECT require_count(count(*), ${to.length}, 'not a coupon for each'),
             require_count((SELECT count(*) FROM answered), ${to.length}, 'a coupon is not as it was expected'),
             require_count((SELECT count(*) FROM kept), ${keyed}, 'an answer is not kept'), ${requireInTime(withinMs)}
      FROM told) checked
    LEFT JOIN /* finds all */ answered ON true ORDER BY position`.execute(trx);
  return rows.map(({ id, code, body }) => ({ id, code, body }));
}

/**
 * Parts of a statement: `given` are random coupons that get their owners, in the order of `to`; `told` are their events. Which coupon is
 * whose is looked up in the list of their ids, by halves: joined with it, each was compared with all others.
 */
function givenAtRandom({ bookId, book, state, eventType, start, to }: RandomAssignment): RawBuilder<unknown> {
  const [startsAt, expiresAt] = times([book.startsAt, book.expiresAt]);
  const position = sql`moment.positions[width_bucket(c.id, moment.ids)]`;
  return sql`
    picked AS MATERIALIZED (${randomForUpdateSkipLocked(bookId, to.length, start)}),
    moment AS MATERIALIZED (
      SELECT max(now) AS now, array_agg(id ORDER BY id) AS ids, array_agg(position ORDER BY id) AS positions
      FROM (SELECT id, now, row_number() OVER () AS position FROM picked) numbered),
    given AS (
      UPDATE coupons c SET state = ${state}::coupon_state, assigned_user_id = (${to.map(({ userId }) => userId)}::uuid[])[${position}],
        assigned_at = moment.now, updated_at = moment.now
      FROM moment
      WHERE c.book_id = ${bookId} AND c.id = ANY((SELECT ids FROM moment)::bigint[]) AND c.state = 'UNASSIGNED'
        AND (${startsAt}::timestamptz IS NULL OR ${startsAt}::timestamptz <= now)
        AND (${expiresAt}::timestamptz IS NULL OR now < ${expiresAt}::timestamptz)
      RETURNING ${couponColumns}, moment.now, ${position} AS position),
    told AS (${insertIntoEvents(sql`
      SELECT ${eventType}, ${bookId}::uuid, id, "assignedUserId", (${to.map(({ actorId }) => actorId)}::uuid[])[position],
             NULL::jsonb, now, code, ${book.bookName}, NULL::uuid
      FROM given`)} RETURNING 1)`;
}

export interface AssignmentInOrder {
  bookId: string;
  /** As it was read in this transaction. */
  book: BookRules;
  /** What `decide` makes of a free coupon of it. */
  state: Coupon['state'];
  eventType: CouponEvent['type'];
  actorId: string;
  jobId: string;
  /** The coupon after which to begin. */
  afterId: number;
  /** How many each shall get. */
  to: readonly { userId: string; count: number }[];
}

/**
 * Selects coupons in the order of their ids and gives them, so many to each user, in the order of `to`; when there are fewer, the last of
 * them get less. Counters have been raised before. Nothing of the coupons travels: a distribution gives millions. Their place is looked for
 * in a list and not by a join, which read the whole book for each coupon when PostgreSQL did not know yet that the book had been filled.
 * @returns how many were selected and given, which is none outside of the book's dates; and the last coupon, null when there was none
 */
export async function assignCouponsInOrder(
  trx: Transaction,
  { bookId, book, state, eventType, actorId, jobId, afterId, to }: AssignmentInOrder,
): Promise<{ selected: number; given: number; lastId: number | null }> {
  const [startsAt, expiresAt] = times([book.startsAt, book.expiresAt]);
  const count = to.reduce((sum, one) => sum + one.count, 0);
  const { rows } = await sql<{ selected: number; given: number; lastId: number | null }>`
    WITH picked AS MATERIALIZED (${inOrderForUpdateSkipLocked(bookId, { count, afterId })}),
    moment AS MATERIALIZED (SELECT ${clock} AS now, locked.* FROM (
      SELECT count(*)::integer AS selected, count(*) FILTER (WHERE id <= ${afterId})::integer AS wrapped, array_agg(id ORDER BY id) AS ids,
             coalesce(max(id) FILTER (WHERE id <= ${afterId}), max(id)) AS "lastId" FROM picked) locked),
    given AS (
      UPDATE coupons c SET state = ${state}::coupon_state, assigned_at = moment.now, updated_at = moment.now, assigned_user_id = (ARRAY(
        SELECT w.user_id FROM unnest(${to.map(({ userId }) => userId)}::uuid[], ${to.map((one) => one.count)}::integer[])
          WITH ORDINALITY AS w(user_id, count, place), generate_series(1, w.count) ORDER BY w.place))
        [(width_bucket(c.id, moment.ids) - 1 + selected - wrapped) % selected + 1]
      FROM moment
      WHERE c.book_id = ${bookId} AND c.id = ANY((SELECT ids FROM moment)::bigint[]) AND c.state = 'UNASSIGNED'
        AND (${startsAt}::timestamptz IS NULL OR ${startsAt}::timestamptz <= now)
        AND (${expiresAt}::timestamptz IS NULL OR now < ${expiresAt}::timestamptz)
      RETURNING c.id, c.code, c.assigned_user_id, moment.now),
    told AS (${insertIntoEvents(sql`
      SELECT ${eventType}, ${bookId}::uuid, id, assigned_user_id, ${actorId}::uuid, NULL::jsonb, now, code, ${book.bookName}, ${jobId}::uuid
      FROM given`)} RETURNING 1)
    SELECT selected, "lastId", (SELECT count(*)::integer FROM told) AS given FROM moment`.execute(trx);
  return rows[0]!;
}

/** A coupon as it was expected when `decide` was asked, and what that said. */
export interface ForeseenChange {
  id: number;
  /** Which of the books, from 0. */
  book: number;
  /** Its owner. */
  userId: string;
  actorId: string;
  redemptionCount: number;
  /** What becomes of it. */
  state: Coupon['state'];
}

export interface Foreseen<Change extends ForeseenChange> {
  /** The state that `decide` was asked about. */
  from: Coupon['state'];
  eventType: CouponEvent['type'];
  books: readonly { id: string; bookName: string }[];
  /** In the order of their ids. */
  changes: readonly Change[];
  /** At both of these times `decide` said the same. */
  earliest: Date;
  latest: Date;
  /** Longest since the transaction began. */
  withinMs: number;
}

/** A lock that lasts so long, or until then. */
export type ForeseenLock = ForeseenChange & { lastsMs: number | null; until: Date | null };

/** A redemption, with what the trail says of it. */
export type ForeseenRedemption = ForeseenChange & { data: { metadata: Record<string, unknown> } };

/** @returns in the order of `changes` */
export async function lockCoupons(trx: Transaction, locks: Foreseen<ForeseenLock>): Promise<Stored[]> {
  const { eventType, changes } = locks;
  const { rows } = await sql<StoredRow>`
    WITH ${asked(locks)}, ${held(locks, sql`true`)},
    changed AS (
      UPDATE coupons c SET state = (${changes.map(({ state }) => state)}::coupon_state[])[${positionOfAsked}],
        locked_by_user_id = c.assigned_user_id, locked_at = moment.now,
        lock_expires_at = coalesce((${times(changes.map(({ until }) => until))}::timestamptz[])[${positionOfAsked}],
          moment.now + (${changes.map(({ lastsMs }) => lastsMs)}::bigint[])[${positionOfAsked}] * interval '1 millisecond'),
        updated_at = moment.now
      FROM moment WHERE ${isAsked(locks)} RETURNING ${couponColumns}, moment.now, ${positionOfAsked} AS position),
    told AS (${insertIntoEvents(sql`
      SELECT ${eventType}, "bookId", id, "assignedUserId", (${changes.map(({ actorId }) => actorId)}::uuid[])[position],
             jsonb_build_object('lockExpiresAt', ${isoTime(sql`"lockExpiresAt"`)}), now, code, ${nameOfBook(locks)}, NULL::uuid
      FROM changed`)} RETURNING 1)
    ${changedIfAll(locks)}`.execute(trx);
  return rows.map(toStored);
}

/** @returns in the order of `changes` */
export async function redeemCoupons(
  trx: Transaction,
  redemptions: Foreseen<ForeseenRedemption> & {
    /** The end of the shortest lock that `decide` was asked about. */
    heldUntil: Date;
  },
): Promise<Stored[]> {
  const { eventType, changes, heldUntil } = redemptions;
  const actorIds = changes.map(({ actorId }) => actorId);
  const data = changes.map((change) => JSON.stringify(change.data));
  // By its owner: nobody else can be the holder (coupons_holder_owns).
  const isLocked = sql`c.lock_expires_at >= ${heldUntil.toISOString()}::timestamptz`;
  const { rows } = await sql<StoredRow>`
    WITH ${asked(redemptions)}, ${held(redemptions, isLocked)},
    changed AS (
      UPDATE coupons c SET state = (${changes.map(({ state }) => state)}::coupon_state[])[${positionOfAsked}], locked_by_user_id = NULL,
        locked_at = NULL, lock_expires_at = NULL, redeemed_at = moment.now, redemption_count = c.redemption_count + 1,
        updated_at = moment.now
      FROM moment WHERE ${isAsked(redemptions)} RETURNING ${couponColumns}, moment.now, ${positionOfAsked} AS position),
    spent AS (
      INSERT INTO redemption_history (book_id, coupon_id, user_id, actor_id, metadata, redeemed_at, redemption_number)
      SELECT "bookId", id, "assignedUserId", (${actorIds}::uuid[])[position], (${data}::jsonb[])[position] -> 'metadata', now,
             "redemptionCount"
      FROM changed),
    told AS (${insertIntoEvents(sql`
      SELECT ${eventType}, "bookId", id, "assignedUserId", (${actorIds}::uuid[])[position], (${data}::jsonb[])[position], now, code,
             ${nameOfBook(redemptions)}, NULL::uuid
      FROM changed`)} RETURNING 1)
    ${changedIfAll(redemptions)}`.execute(trx);
  return rows.map(toStored);
}

type StoredRow = Coupon & { now: Date; position: number };

/** The keys of the coupons. By lists and not by a join, so that no plan, whenever it was made, reads more of a book than these. */
const asked = ({ changes }: Foreseen<ForeseenChange>) => sql`
  asked AS MATERIALIZED (SELECT ${changes.map(({ id }) => id)}::bigint[] AS ids)`;

/** Coupon `c` is one of those. */
const isAsked = ({ books }: Foreseen<ForeseenChange>) => sql`
  c.book_id = ANY(${books.map(({ id }) => id)}::uuid[]) AND c.id = ANY((SELECT ids FROM asked)::bigint[])`;

/** Which of those coupon `c` is, from 1: by halves, since they are in the order of their ids. */
const positionOfAsked = sql`width_bucket(c.id, (SELECT ids FROM asked)::bigint[])`;

/**
 * The coupons that are as expected, locked in the order of their ids, and the clock when they all are: nothing when there is one less,
 * since others hold it or it is not as expected, or when the clock is not. All that the rules read of a coupon is compared.
 * @param also what else is to be expected of a coupon `c`
 */
const held = (foreseen: Foreseen<ForeseenChange>, also: RawBuilder<unknown>) => sql`
  held AS MATERIALIZED (
    SELECT e.id, ${clock} AS now FROM (
      SELECT c.id FROM coupons c
      WHERE ${isAsked(foreseen)} AND c.state = ${foreseen.from}::coupon_state
        AND c.assigned_user_id = (${foreseen.changes.map(({ userId }) => userId)}::uuid[])[${positionOfAsked}]
        AND c.redemption_count = (${foreseen.changes.map(({ redemptionCount }) => redemptionCount)}::integer[])[${positionOfAsked}]
        AND ${also}
      ORDER BY c.id FOR UPDATE SKIP LOCKED) e),
  moment AS MATERIALIZED (
    SELECT max(now) AS now FROM held
    HAVING count(*) = ${foreseen.changes.length} AND min(now) >= ${foreseen.earliest.toISOString()}::timestamptz
       AND max(now) <= ${foreseen.latest.toISOString()}::timestamptz)`;

/** What was changed, in the order in which it was asked for; fails when that is not all, or when it is late. */
const changedIfAll = ({ changes, withinMs }: Foreseen<ForeseenChange>) => sql<StoredRow>`
  SELECT changed.* FROM (
    SELECT require_count(count(*), ${changes.length}, 'a coupon is not as it was expected'), ${requireInTime(withinMs)}
    FROM told) checked
  LEFT JOIN /* finds all */ changed ON true ORDER BY position`;

const requireInTime = (withinMs: number) => sql`
  require_count((pg_catalog.clock_timestamp() < pg_catalog.now() + ${withinMs} * interval '1 millisecond')::integer, 1, 'too late')`;

const nameOfBook = ({ books, changes }: Foreseen<ForeseenChange>) => sql`
  (${books.map(({ bookName }) => bookName)}::text[])[(${changes.map(({ book }) => book + 1)}::integer[])[position]]`;

/** A time as `toISOString` writes it. */
const isoTime = (time: RawBuilder<unknown>) =>
  sql`to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

const toStored = ({ now, position: _position, ...coupon }: StoredRow): Stored => ({ coupon, now });
