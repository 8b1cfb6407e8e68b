import type { UserRole } from '../../../database/types.ts';
import type { Transaction } from '../../../database/connection.ts';
import { isTakenKey } from '../../../database/errors.ts';
import { fieldProblem, Problem } from '../../../problems.ts';
import { deleteAccessLink } from '../access-links/queries.ts';
import { deleteSessionsOfUser } from '../sessions/queries.ts';
import {
  findUserByExternalId,
  insertUser,
  lockAdminRemoval,
  selectUserForNoKeyUpdate,
  type NewUser,
  otherAdminExists,
  updateUser,
  type UserRow,
} from './queries.ts';

const taken = (field: 'email' | 'externalId') =>
  fieldProblem({ in: 'body', pointer: `/${field}` }, 'taken', 'conflict');

/** @throws {Problem} conflict when the e-mail or the external id is taken */
export async function createUser(trx: Transaction, user: NewUser): Promise<UserRow> {
  const created = await insertUser(trx, user);
  if (created) return created;
  const { externalId } = user;
  const isIdTaken = externalId !== undefined && (await findUserByExternalId(trx, externalId)) !== undefined;
  throw taken(isIdTaken ? 'externalId' : 'email');
}

export interface UserChanges {
  email?: string;
  externalId?: string | null;
  name?: string | null;
  role?: UserRole;
  disabled?: boolean;
  confirmed?: boolean;
}

/**
 * Changes what is given. Who is disabled or loses the role of ADMIN is signed out everywhere. Only administrators wait for each
 * other: their number is a rule, that of other people is not.
 * @throws {Problem} not-found; conflict when no enabled administrator would be left, or the e-mail or the external id is taken
 */
export async function changeUser(trx: Transaction, id: string, changes: UserChanges): Promise<UserRow> {
  const user = await selectUserForNoKeyUpdate(trx, id);
  if (!user) throw new Problem('not-found', 'no-such-user');
  const next = {
    id,
    email: changes.email ?? user.email,
    externalId: changes.externalId === undefined ? user.externalId : changes.externalId,
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
  // A link went to the address of before.
  if (disabled || next.email !== user.email) await deleteAccessLink(trx, id);
  if (demoted || disabled) await deleteSessionsOfUser(trx, id);
  try {
    return await updateUser(trx, next);
  } catch (error) {
    if (isTakenKey(error, 'users_email_key')) throw taken('email');
    if (isTakenKey(error, 'users_external_id_key')) throw taken('externalId');
    throw error;
  }
}

/**
 * Makes the account of an external id, or changes of it what is given. An e-mail that has an account is not taken over: nobody has said
 * that it is the same person.
 * @throws {Problem} invalid-request without an e-mail for a new account; conflict when another account has it
 */
export async function saveUserOfExternalId(
  trx: Transaction,
  externalId: string,
  { email, name, role }: Pick<UserChanges, 'email' | 'name' | 'role'>,
): Promise<{ user: UserRow; isNew: boolean }> {
  const known = await findUserByExternalId(trx, externalId);
  if (known) return { user: await changeUser(trx, known.id, { email, name, role }), isNew: false };
  if (email === undefined) throw fieldProblem({ in: 'body', pointer: '/email' }, 'required');
  const user = await insertUser(trx, {
    email,
    externalId,
    name: name?.trim(),
    role,
    passwordHash: null,
    confirmed: true,
  });
  if (user) return { user, isNew: true };
  // Somebody else made it meanwhile, or the e-mail is another's.
  const made = await findUserByExternalId(trx, externalId);
  if (!made) throw taken('email');
  return { user: await changeUser(trx, made.id, { email, name, role }), isNew: false };
}
