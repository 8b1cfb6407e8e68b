import type { Transaction } from '../../database/connection.ts';
import type { AllowedNetworks } from '../../addresses.ts';
import {
  countWebhooks,
  insertWebhook,
  lockNewWebhooks,
  markWebhookDeleted,
  type WebhookRow,
  type WebhookSettings,
} from './queries.ts';
import { refuseTarget, tooManyWebhooks } from './refusals.ts';
import { deleteReplays, insertRelay } from './relay/queries.ts';
import { readStart } from './relay/turn.ts';
import { examineTarget, readTarget } from './target.ts';

/** Each has a lane of connections, and series of metrics. */
const MAX_WEBHOOKS = 100;

/**
 * The URL as it is kept. Asks the name servers, so it comes before the transaction.
 * @throws {Problem} invalid-request when it is not one that requests may be sent to
 */
export async function requireTarget(text: string, allowed: AllowedNetworks): Promise<string> {
  const url = readTarget(text);
  if (!(url instanceof URL)) throw refuseTarget(url);
  const fault = await examineTarget(url, allowed);
  if (fault) throw refuseTarget(fault);
  return url.href;
}

/**
 * Makes a webhook, and with the first one their relay, which begins here.
 * @throws {Problem} conflict when there are too many
 */
export async function createWebhook(
  trx: Transaction,
  settings: Omit<WebhookSettings, 'disabledReason'>,
  made: { secret: Buffer; createdBy: string },
): Promise<WebhookRow> {
  await lockNewWebhooks(trx);
  if ((await countWebhooks(trx)) >= MAX_WEBHOOKS) throw tooManyWebhooks(MAX_WEBHOOKS);
  await insertRelay(trx, 'webhooks', await readStart(trx));
  return insertWebhook(trx, settings, made);
}

/** Deletes a webhook, as everybody sees it; its deliveries go by and by. False: there was none. */
export async function deleteWebhook(trx: Transaction, id: string): Promise<boolean> {
  if (!(await markWebhookDeleted(trx, id))) return false;
  await deleteReplays(trx, id);
  return true;
}
