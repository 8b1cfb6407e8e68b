import { randomBytes } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../../config.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { hashPassword } from '../sessions/passwords.ts';
import { deleteAccessLink } from '../access-links/queries.ts';
import { deleteSessionsOfUser } from '../sessions/queries.ts';
import { requireEmail } from '../../../email.ts';
import { adminExists, lockFirstAdmin, upsertAdmin } from './queries.ts';

/**
 * Makes the first administrator when there is none, once however many processes start at a time. If the e-mail has an account
 * already, that one is promoted and gets the password: whoever had registered it does not come with it.
 * @returns the sign-in to show to the person who starts the service, once; without the password when the environment gave it.
 * Null when there was an administrator already.
 */
export async function ensureFirstAdmin(
  { db }: Pick<FastifyInstance, 'db'>,
  config: Pick<Config, 'adminEmail' | 'adminPassword'>,
): Promise<{ email: string; password?: string } | null> {
  if (await adminExists(db)) return null;
  const email = requireEmail(config.adminEmail ?? 'admin@localhost');
  const password = config.adminPassword ?? randomBytes(18).toString('base64url');
  const passwordHash = await hashPassword(password, { name: 'start', isKnown: true });
  const created = await inTransaction(db, async (trx) => {
    await lockFirstAdmin(trx);
    if (await adminExists(trx)) return false;
    const admin = await upsertAdmin(trx, {
      email,
      passwordHash,
      initialPassword: config.adminPassword === undefined,
    });
    await deleteAccessLink(trx, admin.id);
    await deleteSessionsOfUser(trx, admin.id);
    return true;
  });
  if (!created) return null;
  return config.adminPassword === undefined ? { email, password } : { email };
}
