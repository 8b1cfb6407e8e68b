import { sql } from 'kysely';
import type { Database, Transaction } from '../../../database/connection.ts';
import { between, eventsBetween, type StreamedEvent, type Stretch } from '../events/queries.ts';

/** What concerns administrators and no single coupon. */
export interface Notice {
  type: 'job.finished' | 'webhook.disabled' | 'book.stock_low' | 'book.expiring';
  bookId: string | null;
  data: Record<string, unknown>;
}

export type NoticeRow = Notice & { id: number; occurredAt: Date };

/** Tells administrators' systems of something, in the transaction of what happened. */
export async function recordNotice(trx: Transaction, { type, bookId, data }: Notice): Promise<void> {
  await sql`
    INSERT INTO notices (type, book_id, data) VALUES (${type}, ${bookId}, ${JSON.stringify(data)})`.execute(
    trx,
  );
}

const noticeColumns = sql`id, type, book_id AS "bookId", data, occurred_at AS "occurredAt"`;

/** Notices that became visible between two snapshots, oldest first. */
export async function listNoticesBetween(
  db: Database,
  { afterId, limit, ...stretch }: Omit<Stretch, 'of'>,
): Promise<NoticeRow[]> {
  const { rows } = await sql<NoticeRow>`
    SELECT ${noticeColumns} FROM notices WHERE ${between(stretch)} AND id > ${afterId}::bigint
    ORDER BY id LIMIT ${limit}`.execute(db);
  return rows;
}

/** Notices of a stretch of time, oldest first. */
export async function listNoticesByTime(
  db: Database,
  { from, until }: { from: Date; until: Date },
): Promise<NoticeRow[]> {
  const { rows } = await sql<NoticeRow>`
    SELECT ${noticeColumns} FROM notices WHERE occurred_at >= ${from} AND occurred_at < ${until}
    ORDER BY occurred_at, id`.execute(db);
  return rows;
}

/** The time before which there are at most so many notices of a stretch, or all of its first millisecond; null: there are no more. */
export async function findEndOfNotices(
  db: Database,
  { from, until, limit }: { from: Date; until: Date; limit: number },
): Promise<Date | null> {
  const { rows } = await sql<{ end: Date | null }>`
    SELECT greatest(occurred_at, ${from}::timestamptz + interval '1 millisecond') AS end
    FROM notices WHERE occurred_at >= ${from} AND occurred_at < ${until}
    ORDER BY occurred_at, id OFFSET ${limit} LIMIT 1`.execute(db);
  return rows[0]?.end ?? null;
}

export async function listNoticesById(db: Database, ids: readonly number[]): Promise<NoticeRow[]> {
  const { rows } = await sql<NoticeRow>`
    SELECT ${noticeColumns} FROM notices WHERE id = ANY(${ids}::bigint[])`.execute(db);
  return rows;
}

/** An event as it leaves; `txid` is for the stream only. */
export type OutgoingEvent = Omit<StreamedEvent, 'txid'> & {
  /** As it is now: events keep no copy of what names a person. */
  userExternalId: string | null;
};

const eventColumns = sql`
  e.id, e.type, e.coupon_id AS "couponId", e.book_id AS "bookId", e.user_id AS "userId", e.actor_id AS "actorId",
  e.occurred_at AS "occurredAt", e.data, e.code, e.book_name AS "bookName", u.external_id AS "userExternalId"`;

/** Events that became visible between two snapshots, in the order of their ids: see `eventsBetween`. Reads all of them to find the first. */
export async function listOutgoingBetween(
  db: Database,
  stretch: Omit<Stretch, 'of'>,
): Promise<OutgoingEvent[]> {
  const { rows } = await sql<OutgoingEvent>`
    SELECT e.id, e.type, e."couponId", e."bookId", e."userId", e."actorId", e."occurredAt", e.data, e.code, e."bookName",
           u.external_id AS "userExternalId"
    FROM (${eventsBetween({ ...stretch, of: null })}) e LEFT JOIN users u ON u.id = e."userId" ORDER BY e.id`.execute(
    db,
  );
  return rows;
}

/** So many events are looked at for a page. */
const WINDOW = 5_000;

/**
 * More of them, from an id on that lies among them: goes on by id, so that a page costs the same however many there are.
 * @returns also up to which id there are no others; null: there are no more at all
 */
export async function listMoreOutgoing(
  db: Database,
  { from, to, afterId, limit }: Omit<Stretch, 'of'>,
): Promise<{ events: OutgoingEvent[]; lookedTo: number | null }> {
  const { rows } = await sql<OutgoingEvent & { isIn: boolean; isEnd: boolean }>`
    SELECT ${eventColumns}, e."isIn", e."isEnd" FROM (
      SELECT * FROM (
        SELECT *, ${between({ from, to })} AS "isIn", row_number() OVER (ORDER BY id) = ${WINDOW} AS "isEnd" FROM (
          SELECT * FROM events WHERE id > greatest(${afterId}::bigint, (SELECT events_to FROM restored_rows))
          ORDER BY id LIMIT ${WINDOW}) near) looked
      WHERE "isIn" OR "isEnd" ORDER BY id LIMIT ${limit}) e
    LEFT JOIN users u ON u.id = e.user_id ORDER BY e.id`.execute(db);
  const last = rows.at(-1);
  const isOver = rows.length < limit && !last?.isEnd;
  return {
    events: rows.filter(({ isIn }) => isIn).map(({ isIn: _in, isEnd: _end, ...event }) => event),
    lookedTo: isOver ? null : last!.id,
  };
}

export async function listEventsById(db: Database, ids: readonly number[]): Promise<OutgoingEvent[]> {
  const { rows } = await sql<OutgoingEvent>`
    SELECT ${eventColumns} FROM events e LEFT JOIN users u ON u.id = e.user_id WHERE e.id = ANY(${ids}::bigint[])`.execute(
    db,
  );
  return rows;
}

/** Events of a stretch of time, oldest first; at its first time only those from above an id. */
export async function listEventsByTime(
  db: Database,
  { from, afterId, until, limit }: { from: Date; afterId: number; until: Date; limit: number },
): Promise<OutgoingEvent[]> {
  const { rows } = await sql<OutgoingEvent>`
    SELECT ${eventColumns} FROM (
      SELECT * FROM events
      WHERE occurred_at >= ${from} AND (occurred_at, id) > (${from}, ${afterId}::bigint) AND occurred_at < ${until}
      ORDER BY occurred_at, id LIMIT ${limit}) e
    LEFT JOIN users u ON u.id = e.user_id ORDER BY e.occurred_at, e.id`.execute(db);
  return rows;
}

/** Age in seconds of the oldest that a stretch has, event or notice; 0 when there is nothing in it. */
export async function readAge(
  db: Database,
  { afterId, ...stretch }: Pick<Stretch, 'from' | 'to' | 'afterId'>,
): Promise<number> {
  const { rows } = await sql<{ age: number }>`
    SELECT coalesce(extract(epoch FROM clock_timestamp() - min(occurred_at)), 0)::float8 AS age FROM (
      (SELECT occurred_at FROM events WHERE ${between(stretch)} AND id > ${afterId} ORDER BY txid LIMIT 100)
      UNION ALL SELECT min(occurred_at) FROM notices WHERE ${between(stretch)} AND ${afterId}::bigint = 0) first`.execute(
    db,
  );
  return rows[0]!.age;
}
