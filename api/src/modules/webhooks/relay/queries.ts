import { sql } from 'kysely';
import type { Database, Transaction } from '../../../database/connection.ts';
import { type TipRow, tipColumns, toTip } from '../../history/events/queries.ts';
import { formatSnapshot, readSnapshotText, type Snapshot } from '../../history/snapshot.ts';
import { hasDueDeliveries } from '../deliveries/queries.ts';

export type RelayName = 'webhooks' | 'sqs' | 'eventbridge';

/**
 * All before `from` has been handed on; with `to`, what became visible between the two is, and of that the events up to `afterId` have
 * been, and before the first of them the notices up to `afterNoticeId`.
 */
export interface Place {
  from: Snapshot;
  to: Snapshot | null;
  afterId: number;
  afterNoticeId: number;
}

/** The right to hand on, until `LEASE_SECONDS` after it was last renewed. */
export interface Lease {
  name: RelayName;
  token: string;
}

/** Another process hands on now: what this one would save says nothing any more. */
export class LostLease extends Error {
  override message = 'another process has taken the lease';
}

/** A relay of a killed process stands still for this long. */
export const LEASE_SECONDS = 10;

interface PlaceRow {
  fromSnapshot: string;
  toSnapshot: string | null;
  afterId: number;
  afterNoticeId: number;
}

const placeColumns = sql`
  from_snapshot AS "fromSnapshot", to_snapshot AS "toSnapshot", after_id AS "afterId",
  CASE WHEN after_notice_of = to_snapshot THEN after_notice_id ELSE 0 END AS "afterNoticeId"`;

/** What is not readable is a place before everything else: it is never covered by the tip, and the relay stops and says so. */
const NOWHERE: Snapshot = { end: Number.MAX_SAFE_INTEGER, running: [] };

const toPlace = ({ fromSnapshot, toSnapshot, ...done }: PlaceRow): Place => ({
  ...done,
  from: readSnapshotText(fromSnapshot) ?? NOWHERE,
  to: toSnapshot === null ? null : (readSnapshotText(toSnapshot) ?? NOWHERE),
});

/** Makes a relay that begins here, unless there is one. */
export async function insertRelay(db: Database, name: RelayName, from: Snapshot): Promise<void> {
  await sql`
    INSERT INTO relays (name, from_snapshot) VALUES (${name}, ${formatSnapshot(from)})
    ON CONFLICT DO NOTHING`.execute(db);
}

export interface RelayRow {
  name: RelayName;
  place: Place;
  isLeased: boolean;
  stoppedAt: Date | null;
  hasReplay: boolean;
}

/** What there is to do, in one statement that costs little: it is asked every second. */
export async function lookAround(
  db: Database,
): Promise<{ tip: Snapshot; relays: RelayRow[]; hasDueDeliveries: boolean } | null> {
  const { rows } = await sql<PlaceRow & TipRow & Omit<RelayRow, 'place'> & { hasDueDeliveries: boolean }>`
    SELECT ${tipColumns}, name, ${placeColumns},
           leased_until IS NOT NULL AND leased_until > clock_timestamp() AS "isLeased", stopped_at AS "stoppedAt",
           EXISTS (SELECT FROM replays r WHERE r.relay = relays.name) AS "hasReplay",
           name = 'webhooks' AND ${hasDueDeliveries} AS "hasDueDeliveries"
    FROM relays ORDER BY name`.execute(db);
  if (!rows[0]) return null;
  return {
    tip: toTip(rows[0]),
    relays: rows.map(({ snapshot: _s, newest: _n, hasDueDeliveries: _d, ...row }) => ({
      ...row,
      place: toPlace(row),
    })),
    hasDueDeliveries: rows.some((row) => row.hasDueDeliveries),
  };
}

/** Takes the lease when nobody has it, or its time is over. */
export async function takeLease(
  db: Database,
  name: RelayName,
): Promise<{ lease: Lease; place: Place } | undefined> {
  const { rows } = await sql<PlaceRow & { token: string | null }>`
    UPDATE relays SET lease_token = gen_random_uuid(),
      leased_until = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
    WHERE name = ${name} AND stopped_at IS NULL AND (leased_until IS NULL OR leased_until <= clock_timestamp())
    RETURNING lease_token AS token, ${placeColumns}`.execute(db);
  const [row] = rows;
  return row && { lease: { name, token: row.token! }, place: toPlace(row) };
}

/** @throws {LostLease} */
export async function renewLease(db: Database, { name, token }: Lease): Promise<void> {
  const { rows } = await sql`
    UPDATE relays SET leased_until = clock_timestamp() + ${LEASE_SECONDS} * interval '1 second'
    WHERE name = ${name} AND lease_token = ${token} RETURNING name`.execute(db);
  if (rows.length === 0) throw new LostLease();
}

export async function giveLeaseBack(db: Database, { name, token }: Lease): Promise<void> {
  await sql`
    UPDATE relays SET lease_token = NULL, leased_until = NULL
    WHERE name = ${name} AND lease_token = ${token}`.execute(db);
}

/**
 * Holds the row of the lease to the end of the transaction: nobody takes it meanwhile.
 * @throws {LostLease}
 */
export async function selectLeaseForShare(trx: Transaction, { name, token }: Lease): Promise<void> {
  const { rows } = await sql`
    SELECT FROM relays WHERE name = ${name} AND lease_token = ${token} FOR SHARE`.execute(trx);
  if (rows.length === 0) throw new LostLease();
}

/** @throws {LostLease} */
export async function savePlace(
  trx: Transaction,
  { name, token }: Lease,
  { from, to, afterId, afterNoticeId }: Place,
): Promise<void> {
  const end = to && formatSnapshot(to);
  const { rows } = await sql`
    UPDATE relays SET from_snapshot = ${formatSnapshot(from)}, to_snapshot = ${end}, after_id = ${afterId},
      after_notice_id = ${afterNoticeId}, after_notice_of = ${end}
    WHERE name = ${name} AND lease_token = ${token} RETURNING name`.execute(trx);
  if (rows.length === 0) throw new LostLease();
}

/** Stops a relay whose place the database does not know, and gives its lease back. */
export async function stopRelay(db: Database, { name, token }: Lease): Promise<void> {
  await sql`
    UPDATE relays SET stopped_at = clock_timestamp(), lease_token = NULL, leased_until = NULL
    WHERE name = ${name} AND lease_token = ${token}`.execute(db);
}

/** Lets a stopped relay go on from here. False: it is not stopped. */
export async function resumeRelay(trx: Transaction, name: RelayName, from: Snapshot): Promise<boolean> {
  const { rows } = await sql`
    UPDATE relays SET stopped_at = NULL, from_snapshot = ${formatSnapshot(from)}, to_snapshot = NULL, after_id = 0
    WHERE name = ${name} AND stopped_at IS NOT NULL RETURNING name`.execute(trx);
  return rows.length > 0;
}

/** Events to be handed on again: those from `doneTo` (and at that time from above `afterId`) to before `until`. */
export interface ReplayRow {
  id: number;
  webhookId: string | null;
  doneTo: Date;
  afterId: number;
  until: Date;
}

/** Without an end it goes to now, with all of this millisecond. */
export async function insertReplay(
  trx: Transaction,
  replay: {
    relay: RelayName;
    webhookId: string | null;
    from: Date;
    until: Date | null;
    startedBy: string | null;
  },
): Promise<void> {
  await sql`
    INSERT INTO replays (relay, webhook_id, done_to, until, started_by)
    VALUES (${replay.relay}, ${replay.webhookId}, ${replay.from},
            coalesce(${replay.until}, clock_timestamp() + interval '1 millisecond'), ${replay.startedBy})`.execute(
    trx,
  );
}

/** The oldest that is not done. */
export async function findReplay(db: Database, relay: RelayName): Promise<ReplayRow | undefined> {
  const { rows } = await sql<ReplayRow>`
    SELECT id, webhook_id AS "webhookId", done_to AS "doneTo", after_id AS "afterId", until FROM replays
    WHERE relay = ${relay} ORDER BY id LIMIT 1`.execute(db);
  return rows[0];
}

export async function saveReplay(
  trx: Transaction,
  { id, doneTo, afterId }: Pick<ReplayRow, 'id' | 'doneTo' | 'afterId'>,
): Promise<void> {
  await sql`UPDATE replays SET done_to = ${doneTo}, after_id = ${afterId} WHERE id = ${id}`.execute(trx);
}

export async function deleteReplay(trx: Transaction, id: number): Promise<void> {
  await sql`DELETE FROM replays WHERE id = ${id}`.execute(trx);
}

export async function deleteReplays(trx: Transaction, webhookId: string): Promise<void> {
  await sql`DELETE FROM replays WHERE webhook_id = ${webhookId}`.execute(trx);
}

/** How many replays an endpoint waits for. */
export async function countReplays(trx: Transaction, webhookId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM replays WHERE webhook_id = ${webhookId}`.execute(trx);
  return rows[0]!.count;
}
