import type { Database } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { giveAccessLink } from '../access-links/access-links.ts';
import { emailSpellings } from '../../../email.ts';
import {
  findUserByEmail,
  listAdmins,
  selectUserForNoKeyUpdate,
  updateUser,
  type UserRow,
} from './queries.ts';

/** Nobody to give a link to. The message says what to do. */
export class NoAdminError extends Error {}

export interface AdminReset {
  email: string;
  token: string;
  expiresAt: Date;
  /** What had to be changed, for the account to be an administrator's that can sign in. */
  changes: ('enabled' | 'promoted')[];
}

/**
 * Gives a lost administrator an access link: whoever may use the machine of the database may do that. The account is the one with
 * the e-mail; without one, the only enabled administrator, else the only one at all. It is enabled, and made an administrator, if it
 * was not.
 * @throws {NoAdminError}
 */
export async function resetAdmin(db: Database, email: string | undefined): Promise<AdminReset> {
  const { id } = email === undefined ? onlyOne(await listAdmins(db)) : await requireUser(db, email);
  return inTransaction(db, async (trx) => {
    const user = (await selectUserForNoKeyUpdate(trx, id))!;
    const changes: AdminReset['changes'] = [];
    if (user.disabledAt) changes.push('enabled');
    if (user.role !== 'ADMIN') changes.push('promoted');
    if (changes.length > 0) {
      await updateUser(trx, {
        ...user,
        role: 'ADMIN',
        disabled: false,
        confirmed: user.confirmedAt !== null,
      });
    }
    return { email: user.email, changes, ...(await giveAccessLink(trx, id, null)) };
  });
}

async function requireUser(db: Database, email: string): Promise<UserRow> {
  const user = await findUserByEmail(db, emailSpellings(email));
  if (user) return user;
  throw new NoAdminError(`There is no account with the e-mail ${email}. ${describe(await listAdmins(db))}`);
}

function onlyOne(admins: readonly UserRow[]): UserRow {
  const enabled = admins.filter(({ disabledAt }) => !disabledAt);
  const choice = enabled.length > 0 ? enabled : admins;
  if (choice.length === 1) return choice[0]!;
  throw new NoAdminError(choice.length === 0 ? describe([]) : `${describe(admins)} Choose one with --email.`);
}

function describe(admins: readonly UserRow[]): string {
  if (admins.length === 0) return 'There is no administrator: the next npm start makes one.';
  const named = admins.map(({ email, disabledAt }) => (disabledAt ? `${email} (disabled)` : email));
  return `Administrators: ${named.join(', ')}.`;
}
