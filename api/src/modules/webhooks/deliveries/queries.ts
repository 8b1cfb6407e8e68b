import { sql } from 'kysely';
import { allOf } from '../../../database/conditions.ts';
import type { Database, Transaction } from '../../../database/connection.ts';

export type DeliveryStatus = 'pending' | 'delivered' | 'failed';

/** What came of one try. */
export interface Attempt {
  at: string;
  durationMs: number;
  /** Of the answer; null: there was none, see `failure`. */
  status: number | null;
  failure: string | null;
  /** The beginning of the answer. */
  answer: string | null;
}

export interface DeliveryRow {
  id: number;
  webhookId: string;
  messageId: string;
  type: string;
  eventId: number | null;
  noticeId: number | null;
  status: DeliveryStatus;
  tries: number;
  nextTryAt: Date | null;
  attempts: Attempt[];
  createdAt: Date;
  endedAt: Date | null;
}

const deliveryColumns = sql`
  id, webhook_id AS "webhookId", message_id AS "messageId", type, event_id AS "eventId", notice_id AS "noticeId", status,
  tries, next_try_at AS "nextTryAt", attempts, created_at AS "createdAt", ended_at AS "endedAt"`;

export interface NewDelivery {
  webhookId: string;
  messageId: string;
  type: string;
  eventId: number | null;
  noticeId: number | null;
  /** What came of its first try, if that is over before it is noted. */
  result?: TryResult;
}

export interface PendingDelivery {
  id: number;
  webhookId: string;
  messageId: string;
  nextTryAt: string;
}

/**
 * One message to one endpoint is one delivery: of a message that is there already nothing happens, or with `again` it is sent again.
 * @returns those that are to be sent, now or later
 */
export async function insertDeliveries(
  trx: Transaction,
  deliveries: readonly NewDelivery[],
  { again = false }: { again?: boolean } = {},
): Promise<PendingDelivery[]> {
  const column = <T>(read: (delivery: NewDelivery) => T) => deliveries.map(read);
  const { rows } = await sql<PendingDelivery>`
    WITH inserted AS (
      INSERT INTO webhook_deliveries
        (webhook_id, message_id, type, event_id, notice_id, status, tries, next_try_at, attempts, created_at, ended_at)
      SELECT n.webhook_id, n.message_id, n.type, n.event_id, n.notice_id, n.status,
             CASE WHEN n.attempt IS NULL THEN 0 ELSE 1 END,
             CASE WHEN n.status = 'pending' THEN clock_timestamp() + n.next_try * interval '1 second' END,
             CASE WHEN n.attempt IS NULL THEN '[]' ELSE jsonb_build_array(n.attempt) END,
             coalesce((n.attempt->>'at')::timestamptz, clock_timestamp()),
             CASE WHEN n.status <> 'pending' THEN clock_timestamp() END
      FROM unnest(
        ${column((d) => d.webhookId)}::uuid[], ${column((d) => d.messageId)}::text[], ${column((d) => d.type)}::text[],
        ${column((d) => d.eventId)}::bigint[], ${column((d) => d.noticeId)}::bigint[],
        ${column((d) => d.result?.status ?? 'pending')}::text[], ${column((d) => d.result?.nextTryInSeconds ?? 0)}::float8[],
        ${column((d) => (d.result ? JSON.stringify(d.result.attempt) : null))}::jsonb[]
      ) AS n(webhook_id, message_id, type, event_id, notice_id, status, next_try, attempt)
      ON CONFLICT (webhook_id, message_id) ${
        again
          ? sql`DO UPDATE SET status = 'pending', tries = 0, next_try_at = clock_timestamp(), ended_at = NULL`
          : sql`DO NOTHING`
      }
      RETURNING id, webhook_id, message_id, status, next_try_at)
    SELECT id, webhook_id AS "webhookId", message_id AS "messageId", next_try_at::text AS "nextTryAt"
    FROM inserted WHERE status = 'pending'`.execute(trx);
  return rows;
}

/** Sends one again, from its first try on. */
export async function restartDelivery(
  trx: Transaction,
  webhookId: string,
  id: number,
): Promise<DeliveryRow | undefined> {
  const { rows } = await sql<DeliveryRow>`
    UPDATE webhook_deliveries SET status = 'pending', tries = 0, next_try_at = clock_timestamp(), ended_at = NULL
    WHERE webhook_id = ${webhookId} AND id = ${id} RETURNING ${deliveryColumns}`.execute(trx);
  return rows[0];
}

export async function findDelivery(
  db: Database,
  webhookId: string,
  id: number,
): Promise<DeliveryRow | undefined> {
  const { rows } = await sql<DeliveryRow>`
    SELECT ${deliveryColumns} FROM webhook_deliveries WHERE webhook_id = ${webhookId} AND id = ${id}`.execute(
    db,
  );
  return rows[0];
}

/** Newest first. */
export async function listDeliveries(
  db: Database,
  webhookId: string,
  { status, before, limit }: { status?: DeliveryStatus; before?: number; limit: number },
): Promise<DeliveryRow[]> {
  const { rows } = await sql<DeliveryRow>`
    SELECT ${deliveryColumns} FROM webhook_deliveries
    WHERE ${allOf(
      sql`webhook_id = ${webhookId}`,
      before !== undefined && sql`id < ${before}`,
      status !== undefined && sql`status = ${status}`,
    )}
    ORDER BY id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

/** Whether something is to be sent now: webhook by webhook, each by index. */
export const hasDueDeliveries = sql`EXISTS (
  SELECT FROM webhooks w WHERE w.disabled_at IS NULL AND EXISTS (
    SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id AND d.next_try_at <= (SELECT clock_timestamp())))`;

export interface DueDelivery {
  id: number;
  webhookId: string;
  messageId: string;
  type: string;
  eventId: number | null;
  noticeId: number | null;
  tries: number;
  createdAt: Date;
  /** Since when it is due, to the microsecond: another time when somebody asks for it again. */
  nextTryAt: string;
  /** How long ago that was, or since when its webhook is switched on. */
  lateSeconds: number;
}

/**
 * What is to be sent now to each endpoint, the longest due first: as many as it has room for, so that one of which much is due takes
 * nothing from the others.
 * @param held those that the caller has already
 */
export async function listDueDeliveries(
  db: Database,
  rooms: readonly { webhookId: string; room: number }[],
  held: readonly number[],
): Promise<DueDelivery[]> {
  const { rows } = await sql<DueDelivery>`
    SELECT d.id, d.webhook_id AS "webhookId", d.message_id AS "messageId", d.type, d.event_id AS "eventId",
           d.notice_id AS "noticeId", d.tries, d.created_at AS "createdAt", d.next_try_at::text AS "nextTryAt",
           extract(epoch FROM clock_timestamp() - greatest(d.next_try_at, w.enabled_at))::float8 AS "lateSeconds"
    FROM unnest(${rooms.map(({ webhookId }) => webhookId)}::uuid[], ${rooms.map(({ room }) => room)}::int[])
      AS r(webhook_id, room)
    JOIN webhooks w ON w.id = r.webhook_id,
    LATERAL (
      SELECT * FROM webhook_deliveries due
      WHERE due.webhook_id = r.webhook_id AND due.next_try_at <= (SELECT clock_timestamp())
        AND due.id <> ALL(${held}::bigint[])
      ORDER BY due.next_try_at LIMIT r.room) d`.execute(db);
  return rows;
}

const MAX_ATTEMPTS_KEPT = 20;

/** What came of a try, and what follows from it. */
export interface TryResult {
  attempt: Attempt;
  status: DeliveryStatus;
  /** Of one that stays pending. */
  nextTryInSeconds: number | null;
}

export interface Result extends TryResult {
  webhookId: string;
  id: number;
  /** As it was due when it was taken. */
  nextTryAt: string;
}

/**
 * Notes what came of tries. What somebody deleted meanwhile stays deleted; what somebody asked for again while it was sent is noted
 * as a try, and stays due.
 */
export async function saveResults(trx: Transaction, results: readonly Result[]): Promise<void> {
  const column = <T>(read: (result: Result) => T) => results.map(read);
  const isStillAsked = sql`d.next_try_at = r.was_due`;
  await sql`
    UPDATE webhook_deliveries d SET
      status = CASE WHEN ${isStillAsked} THEN r.status ELSE d.status END,
      tries = CASE WHEN ${isStillAsked} THEN d.tries + 1 ELSE d.tries END,
      next_try_at = CASE WHEN ${isStillAsked} THEN clock_timestamp() + r.next_try * interval '1 second' ELSE d.next_try_at END,
      ended_at = CASE WHEN ${isStillAsked} AND r.status <> 'pending' THEN clock_timestamp() END,
      attempts = CASE WHEN jsonb_array_length(d.attempts) >= ${MAX_ATTEMPTS_KEPT} THEN d.attempts - 0 ELSE d.attempts END
                 || jsonb_build_array(r.attempt)
    FROM unnest(
      ${column((r) => r.webhookId)}::uuid[], ${column((r) => r.id)}::bigint[], ${column((r) => r.nextTryAt)}::timestamptz[],
      ${column((r) => r.status)}::text[], ${column((r) => r.nextTryInSeconds)}::float8[],
      ${column((r) => JSON.stringify(r.attempt))}::jsonb[]
    ) AS r(webhook_id, id, was_due, status, next_try, attempt)
    WHERE d.webhook_id = r.webhook_id AND d.id = r.id AND d.status = 'pending'`.execute(trx);
}

export async function deleteDeliveries(
  db: Database,
  deliveries: readonly { webhookId: string; id: number }[],
): Promise<void> {
  await sql`
    DELETE FROM webhook_deliveries d
    USING unnest(${deliveries.map(({ webhookId }) => webhookId)}::uuid[], ${deliveries.map(({ id }) => id)}::bigint[])
      AS gone(webhook_id, id)
    WHERE d.webhook_id = gone.webhook_id AND d.id = gone.id`.execute(db);
}

const KEEP_DAYS = 30;

/**
 * Forgets old deliveries, and all of deleted webhooks: up to `limit` of them, the oldest of each endpoint first. Not one that was asked
 * for again and is still to be sent. An endpoint whose oldest is young is not looked at further.
 * @returns how many
 */
export async function deleteOldDeliveries(db: Database, limit: number): Promise<number> {
  const isOld = sql`created_at < (SELECT clock_timestamp()) - ${KEEP_DAYS} * interval '1 day'`;
  const { numAffectedRows } = await sql`
    DELETE FROM webhook_deliveries d USING (
      SELECT w.id AS webhook_id, old.id FROM webhooks w
      JOIN LATERAL (SELECT ${isOld} AS is_old FROM webhook_deliveries f WHERE f.webhook_id = w.id ORDER BY f.id LIMIT 1) first
        ON is_old OR w.deleted_at IS NOT NULL,
      LATERAL (
        SELECT id FROM (
          SELECT id, created_at, status FROM webhook_deliveries o WHERE o.webhook_id = w.id ORDER BY id LIMIT ${limit}) oldest
        WHERE w.deleted_at IS NOT NULL OR ${isOld} AND (status <> 'pending' OR w.disabled_at IS NOT NULL)) old
      LIMIT ${limit}) gone
    WHERE d.webhook_id = gone.webhook_id AND d.id = gone.id`.execute(db);
  return Number(numAffectedRows);
}

/** How late each endpoint's longest due delivery is, in seconds. */
export async function listLateness(db: Database): Promise<{ webhookId: string; lateSeconds: number }[]> {
  const { rows } = await sql<{ webhookId: string; lateSeconds: number }>`
    SELECT w.id AS "webhookId",
           greatest(0, coalesce(extract(epoch FROM clock_timestamp() - (
             SELECT min(next_try_at) FROM webhook_deliveries d
             WHERE d.webhook_id = w.id AND d.next_try_at IS NOT NULL)), 0))::float8 AS "lateSeconds"
    FROM webhooks w WHERE disabled_at IS NULL`.execute(db);
  return rows;
}
