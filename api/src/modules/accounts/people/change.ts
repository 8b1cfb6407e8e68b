import type { UserRole } from '../../../database/types.ts';
import type { Transaction } from '../../../database/connection.ts';
import { fieldProblem, Problem } from '../../../problems.ts';
import { deleteAccessLink } from '../access-links/queries.ts';
import { deleteSessionsOfUser } from '../sessions/queries.ts';
import {
  insertUser,
  lockAdminRemoval,
  selectUserForNoKeyUpdate,
  type NewUser,
  otherAdminExists,
  updateUser,
  type UserRow,
} from './queries.ts';

/** @throws {Problem} conflict when the e-mail is taken */
export async function createUser(trx: Transaction, user: NewUser): Promise<UserRow> {
  const created = await insertUser(trx, user);
  if (created) return created;
  throw fieldProblem({ in: 'body', pointer: '/email' }, 'taken', 'conflict');
}

export interface UserChanges {
  name?: string | null;
  role?: UserRole;
  disabled?: boolean;
  confirmed?: boolean;
}

/**
 * Changes what is given. Who is disabled or loses the role of ADMIN is signed out everywhere. Only administrators wait for each
 * other: their number is a rule, that of other people is not.
 * @throws {Problem} not-found; conflict when no enabled administrator would be left
 */
export async function changeUser(trx: Transaction, id: string, changes: UserChanges): Promise<UserRow> {
  const user = await selectUserForNoKeyUpdate(trx, id);
  if (!user) throw new Problem('not-found', 'no-such-user');
  const next = {
    id,
    name: changes.name === undefined ? user.name : (changes.name?.trim() ?? null),
    role: changes.role ?? user.role,
    disabled: changes.disabled ?? user.disabledAt !== null,
    confirmed: changes.confirmed ?? user.confirmedAt !== null,
  };
  const demoted = user.role === 'ADMIN' && next.role !== 'ADMIN';
  const disabled = user.disabledAt === null && next.disabled;
  const isActiveAdmin = user.role === 'ADMIN' && user.disabledAt === null;
  if (isActiveAdmin && (demoted || disabled)) {
    await lockAdminRemoval(trx);
    if (!(await otherAdminExists(trx, id))) throw new Problem('conflict', 'last-admin');
  }
  if (disabled) await deleteAccessLink(trx, id);
  if (demoted || disabled) await deleteSessionsOfUser(trx, id);
  return updateUser(trx, next);
}
