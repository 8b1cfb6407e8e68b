import { sql } from 'kysely';
import { allOf } from '../../database/conditions.ts';
import type { Database, Transaction } from '../../database/connection.ts';
import type { Age } from '../../schemas.ts';

export type DisabledReason = 'administrator' | 'gone' | 'failing' | 'backlog';

export interface WebhookRow {
  id: string;
  url: string;
  description: string | null;
  types: string[];
  bookIds: string[] | null;
  includeCodes: boolean;
  formerSecretUntil: Date | null;
  disabledAt: Date | null;
  disabledReason: DisabledReason | null;
  failingSince: Date | null;
  lastSuccessAt: Date | null;
  lastFailureAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
}

const webhookColumns = sql`
  webhooks.id, webhooks.url, webhooks.description, webhooks.types, webhooks.book_ids AS "bookIds",
  webhooks.include_codes AS "includeCodes",
  CASE WHEN webhooks.former_secret_until > clock_timestamp() THEN webhooks.former_secret_until END AS "formerSecretUntil",
  webhooks.disabled_at AS "disabledAt", webhooks.disabled_reason AS "disabledReason",
  webhooks.failing_since AS "failingSince", webhooks.last_success_at AS "lastSuccessAt",
  webhooks.last_failure_at AS "lastFailureAt", webhooks.created_at AS "createdAt", webhooks.updated_at AS "updatedAt"`;

export type WebhookSettings = Pick<
  WebhookRow,
  'url' | 'description' | 'types' | 'bookIds' | 'includeCodes' | 'disabledReason'
>;

/** Webhooks are made one after the other: two at once would each not count the other. */
export async function lockNewWebhooks(trx: Transaction): Promise<void> {
  await sql`SELECT pg_advisory_xact_lock(hashtext('new_webhooks'))`.execute(trx);
}

export async function countWebhooks(trx: Transaction): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    SELECT count(*)::int AS count FROM webhooks WHERE deleted_at IS NULL`.execute(trx);
  return rows[0]!.count;
}

export async function insertWebhook(
  trx: Transaction,
  { url, description, types, bookIds, includeCodes }: Omit<WebhookSettings, 'disabledReason'>,
  { secret, createdBy }: { secret: Buffer; createdBy: string },
): Promise<WebhookRow> {
  const { rows } = await sql<WebhookRow>`
    INSERT INTO webhooks (url, description, types, book_ids, include_codes, secret, created_by)
    VALUES (${url}, ${description}, ${types}::text[], ${bookIds}::uuid[], ${includeCodes}, ${secret}, ${createdBy})
    RETURNING ${webhookColumns}`.execute(trx);
  return rows[0]!;
}

export async function findWebhook(db: Database, id: string): Promise<WebhookRow | undefined> {
  const { rows } = await sql<WebhookRow>`
    SELECT ${webhookColumns} FROM webhooks WHERE id = ${id} AND deleted_at IS NULL`.execute(db);
  return rows[0];
}

export async function selectWebhookForUpdate(trx: Transaction, id: string): Promise<WebhookRow | undefined> {
  const { rows } = await sql<WebhookRow>`
    SELECT ${webhookColumns} FROM webhooks WHERE id = ${id} AND deleted_at IS NULL FOR NO KEY UPDATE`.execute(
    trx,
  );
  return rows[0];
}

/** Newest first. */
export async function listWebhooks(
  db: Database,
  { after, limit }: { after?: Age; limit: number },
): Promise<WebhookRow[]> {
  const { rows } = await sql<WebhookRow>`
    SELECT ${webhookColumns} FROM webhooks
    WHERE ${allOf(sql`deleted_at IS NULL`, after && sql`(created_at, id) < (${after.createdAt}, ${after.id})`)}
    ORDER BY created_at DESC, id DESC LIMIT ${limit}`.execute(db);
  return rows;
}

/** What was switched on again begins without a past of failures, and what waited for it is late only from now on. */
export async function updateWebhook(
  trx: Transaction,
  id: string,
  { url, description, types, bookIds, includeCodes, disabledReason }: WebhookSettings,
): Promise<WebhookRow> {
  const { rows } = await sql<WebhookRow>`
    UPDATE webhooks SET url = ${url}, description = ${description}, types = ${types}::text[],
      book_ids = ${bookIds}::uuid[], include_codes = ${includeCodes},
      failing_since = CASE WHEN disabled_at IS NOT NULL AND ${disabledReason}::text IS NULL THEN NULL ELSE failing_since END,
      enabled_at = CASE WHEN disabled_at IS NOT NULL AND ${disabledReason}::text IS NULL THEN clock_timestamp() ELSE enabled_at END,
      disabled_at = CASE WHEN ${disabledReason}::text IS NOT NULL THEN coalesce(disabled_at, clock_timestamp()) END,
      disabled_reason = ${disabledReason}, updated_at = clock_timestamp()
    WHERE id = ${id} RETURNING ${webhookColumns}`.execute(trx);
  return rows[0]!;
}

/** The secret of before signs beside the new one for so many hours more. */
export async function rotateSecret(
  trx: Transaction,
  id: string,
  { secret, keepHours }: { secret: Buffer; keepHours: number },
): Promise<WebhookRow | undefined> {
  const { rows } = await sql<WebhookRow>`
    UPDATE webhooks SET secret = ${secret},
      former_secret = CASE WHEN ${keepHours} > 0 THEN secret END,
      former_secret_until = CASE WHEN ${keepHours} > 0 THEN clock_timestamp() + ${keepHours} * interval '1 hour' END,
      updated_at = clock_timestamp()
    WHERE id = ${id} AND deleted_at IS NULL RETURNING ${webhookColumns}`.execute(trx);
  return rows[0];
}

/**
 * Makes a webhook nobody's: it is sent nothing more, and its address and secrets are gone. Its row goes when its deliveries have gone,
 * which may be hundreds of millions: see `deleteOldDeliveries`. False: there was none.
 */
export async function markWebhookDeleted(trx: Transaction, id: string): Promise<boolean> {
  const { rows } = await sql`
    UPDATE webhooks SET deleted_at = clock_timestamp(), url = '', description = NULL,
      secret = decode(repeat('00', 32), 'hex'), former_secret = NULL, former_secret_until = NULL,
      disabled_at = coalesce(disabled_at, clock_timestamp()), disabled_reason = 'administrator', failing_since = NULL
    WHERE id = ${id} AND deleted_at IS NULL RETURNING id`.execute(trx);
  return rows.length > 0;
}

/** The rest of deleted webhooks of which no delivery is left. */
export async function deleteEmptyWebhooks(db: Database): Promise<void> {
  await sql`
    DELETE FROM webhooks w WHERE deleted_at IS NOT NULL
      AND NOT EXISTS (SELECT FROM webhook_deliveries d WHERE d.webhook_id = w.id)`.execute(db);
}

export type WebhookFilter = Pick<WebhookRow, 'id' | 'types' | 'bookIds'> & { isEnabled: boolean };

/** The webhooks that are switched on, and those of `others` that are not deleted: they stay until the transaction ends. */
export async function selectWebhooksForKeyShare(
  trx: Transaction,
  others: readonly string[] = [],
): Promise<WebhookFilter[]> {
  const { rows } = await sql<WebhookFilter>`
    SELECT id, types, book_ids AS "bookIds", disabled_at IS NULL AS "isEnabled" FROM webhooks
    WHERE disabled_at IS NULL OR id = ANY(${others}::uuid[]) AND deleted_at IS NULL
    ORDER BY id FOR KEY SHARE`.execute(trx);
  return rows;
}

export async function hasEnabledWebhooks(db: Database): Promise<boolean> {
  const { rows } = await sql`SELECT FROM webhooks WHERE disabled_at IS NULL LIMIT 1`.execute(db);
  return rows.length > 0;
}

/** What the sender needs of an endpoint. */
export interface SignedWebhook {
  id: string;
  url: string;
  types: string[];
  bookIds: string[] | null;
  includeCodes: boolean;
  secrets: Buffer[];
  /** The database's clock. */
  now: Date;
}

export async function listSignedWebhooks(db: Database): Promise<SignedWebhook[]> {
  const { rows } = await sql<SignedWebhook>`
    SELECT id, url, types, book_ids AS "bookIds", include_codes AS "includeCodes", clock_timestamp() AS now,
           array_remove(ARRAY[secret, CASE WHEN former_secret_until > clock_timestamp() THEN former_secret END], NULL) AS secrets
    FROM webhooks WHERE disabled_at IS NULL`.execute(db);
  return rows;
}

/** An endpoint that fails for as long is switched off. */
const MAX_FAILING_DAYS = 3;

export interface Health {
  webhookId: string;
  /** Of the last try. */
  succeeded: boolean;
  disable: DisabledReason | null;
}

/**
 * Notes how the last tries went, and switches off what has failed for three days or asks for it.
 * @returns the endpoints that this switched off
 */
export async function saveHealth(
  trx: Transaction,
  health: readonly Health[],
): Promise<{ id: string; reason: DisabledReason }[]> {
  const column = <T>(read: (one: Health) => T) => health.map(read);
  const { rows } = await sql<{ id: string; reason: DisabledReason | null }>`
    UPDATE webhooks SET
      failing_since = CASE WHEN succeeded THEN NULL ELSE coalesce(failing_since, clock_timestamp()) END,
      last_success_at = CASE WHEN succeeded THEN clock_timestamp() ELSE last_success_at END,
      last_failure_at = CASE WHEN succeeded THEN last_failure_at ELSE clock_timestamp() END,
      disabled_reason = CASE
        WHEN disable IS NOT NULL THEN disable
        WHEN NOT succeeded AND failing_since < clock_timestamp() - ${MAX_FAILING_DAYS} * interval '1 day' THEN 'failing' END,
      disabled_at = CASE
        WHEN disable IS NOT NULL
          OR NOT succeeded AND failing_since < clock_timestamp() - ${MAX_FAILING_DAYS} * interval '1 day'
        THEN clock_timestamp() END
    FROM unnest(${column((h) => h.webhookId)}::uuid[], ${column((h) => h.succeeded)}::boolean[],
                ${column((h) => h.disable)}::text[]) AS h(webhook_id, succeeded, disable)
    WHERE id = h.webhook_id AND disabled_at IS NULL
    RETURNING id, disabled_reason AS reason`.execute(trx);
  return rows.flatMap(({ id, reason }) => (reason === null ? [] : [{ id, reason }]));
}
