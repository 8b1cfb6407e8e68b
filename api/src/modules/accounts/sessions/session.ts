import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Config } from '../../../config.ts';
import type { Database, Transaction } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import type { UserRow } from '../people/queries.ts';
import {
  deleteSession,
  deleteSurplusSessions,
  IDLE_DAYS,
  insertSession,
  selectSessionForUpdate,
  rotateSession,
} from './queries.ts';

const COOKIE = 'coupon_book_session';
const COOKIE_PATH = '/api/v1/auth';

const newSecret = () => randomBytes(32);
export const newToken = () => newSecret().toString('base64url');
export const hashToken = (token: string) => createHash('sha256').update(token).digest();
const tokenAfter = (token: string, rotationKey: Buffer) =>
  createHmac('sha256', rotationKey).update(token).digest('base64url');

/** The session's token that a request carries, or null. */
export function readSessionCookie(request: FastifyRequest): string | null {
  const token = request.cookies[COOKIE];
  return token !== undefined && /^[\w-]{43}$/.test(token) ? token : null;
}

export function setSessionCookie(reply: FastifyReply, token: string, config: Config): void {
  reply.setCookie(COOKIE, token, { ...cookieOptions(config), maxAge: IDLE_DAYS * 86_400 });
}

export function clearSessionCookie(reply: FastifyReply, config: Config): void {
  reply.clearCookie(COOKIE, cookieOptions(config));
}

/** Sent to the sign-in routes alone, never readable by a page, never sent because of another site. */
export const cookieOptions = ({ publicUrl }: Config) =>
  ({
    path: COOKIE_PATH,
    httpOnly: true,
    sameSite: 'strict',
    secure: publicUrl?.startsWith('https:') ?? false,
  }) as const;

/**
 * Opens a session for who gave the password of an account.
 * @returns its token; null when, since the password was checked, the account was disabled or its password changed
 */
export async function openSession(
  trx: Transaction,
  account: { userId: string; passwordHash: string; address: string; userAgent: string | null },
): Promise<string | null> {
  const token = newToken();
  const isOpen = await insertSession(trx, {
    ...account,
    tokenHash: hashToken(token),
    rotationKey: newSecret(),
    userAgent: account.userAgent?.toWellFormed().slice(0, 300) ?? null,
  });
  if (!isOpen) return null;
  await deleteSurplusSessions(trx, account.userId);
  return token;
}

export type Refreshed =
  | { outcome: 'refreshed'; user: UserRow; token: string }
  | { outcome: 'refused' }
  /** A token that had been replaced came back: it, or the one after it, is in strange hands. The session has ended. */
  | { outcome: 'reused'; user: UserRow };

/**
 * Replaces the token of a session by the next. The token before the present one gets the same next token again for a short
 * grace: two tabs that refresh at once, or a repeat after a lost answer, both end up with the present token. After the grace
 * it means theft, and the session ends for the thief and the owner alike (RFC 9700, 4.14.2).
 */
export function refreshSession(db: Database, token: string): Promise<Refreshed> {
  return inTransaction(db, async (trx) => {
    const session = await selectSessionForUpdate(trx, hashToken(token));
    if (!session?.isOpen) return { outcome: 'refused' };
    if (!session.isPresent && !session.inGrace) {
      await deleteSession(trx, session.sessionId);
      return { outcome: 'reused', user: session };
    }
    const next = tokenAfter(token, session.rotationKey);
    if (session.isPresent) await rotateSession(trx, session.sessionId, hashToken(next));
    return { outcome: 'refreshed', user: session, token: next };
  });
}
