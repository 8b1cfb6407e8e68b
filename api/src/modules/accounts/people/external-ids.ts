import type { Database } from '../../../database/connection.ts';
import { fieldProblem, type Place, Problem } from '../../../problems.ts';
import { findIdsByExternalId } from './queries.ts';

/** Paths cannot end in `.` or `..`: clients and proxies resolve these. */
const EXTERNAL_ID = /^(?!\.{1,2}$)[!-~]{1,128}$/;

/** @throws {Problem} invalid-request when the text cannot be an external id */
export function requireExternalId(text: string, place: Place): string {
  if (EXTERNAL_ID.test(text)) return text;
  throw fieldProblem(place, { reason: 'not-an-external-id', values: { max: 128 } });
}

/** Whom a request names: by the id of an account, or by the company's own id of the person. */
export interface NamedUser {
  userId?: string;
  externalUserId?: string;
}

/** @throws {Problem} invalid-request for both names at once, and for what cannot be an external id */
export function requireOneName({ userId, externalUserId }: NamedUser, part: Place['in']): void {
  if (externalUserId === undefined) return;
  const place: Place = { in: part, pointer: '/externalUserId' };
  if (userId !== undefined) throw fieldProblem(place, 'one-name');
  requireExternalId(externalUserId, place);
}

/**
 * The id of the account that a query names; undefined when it names nobody. An external id costs a question, an id none.
 * @throws {Problem} as `requireOneName`; not-found for an external id that no account has
 */
export async function findNamedUser(db: Database, named: NamedUser): Promise<string | undefined> {
  requireOneName(named, 'query');
  const { userId, externalUserId } = named;
  if (externalUserId === undefined) return userId;
  const id = (await findIdsByExternalId(db, [externalUserId])).get(externalUserId);
  if (id === undefined) throw new Problem('not-found', 'no-such-user');
  return id;
}
