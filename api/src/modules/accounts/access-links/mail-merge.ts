import { randomUUID } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Static } from 'typebox';
import { inTransaction } from '../../../database/transaction.ts';
import { requireAdminNow, streamToAdmin } from '../../../access/admin-rights.ts';
import { callerOf } from '../../../access/caller.ts';
import { type Cell, csvLines } from '../../../answers/csv-export.ts';
import { confirmAccessLinks, upsertAccessLinks } from './queries.ts';
import { accessLinkOf } from './access-links.ts';
import type { mailMerge } from '../sessions/schemas.ts';
import { hashToken, newToken } from '../sessions/session.ts';

/** Whom a file names: `code` is what they were given, where the file is about that. */
export interface Addressee {
  userId: string;
  email: string;
  name: string | null;
  code: string | null;
}

/** Columns of a mail-merge file, in the order that mail programs are told. */
const MAIL_MERGE_HEADER = ['email', 'name', 'link', 'linkExpiresAt', 'code'];

interface MailMerge {
  /** Of the file, without its suffix. */
  name: string;
  /** Where people reach us. */
  origin: string;
  wish: Static<typeof mailMerge>;
  /**
   * Everybody, some hundreds at a time, of whom each is in one part alone: their links are made together, once. A part comes in
   * pieces, so that its size does not matter: one person may have been given any number of coupons.
   */
  parts: AsyncIterable<{ userIds: string[]; pieces: Iterable<Addressee[]> | AsyncIterable<Addressee[]> }>;
}

/**
 * Answers with a file for a mail merge: people, each with a new access link if they are to get one. Links are made some hundreds at
 * a time while the file is sent, so memory stays the same. They count as given once the file was sent to its end: when it breaks
 * off, as it does when the caller is no administrator any more, the next file gives those people new ones.
 */
export async function sendMailMerge(
  request: FastifyRequest,
  reply: FastifyReply,
  { name, origin, wish, parts }: MailMerge,
): Promise<FastifyReply> {
  const { db } = request.server;
  const fileId = randomUUID();
  const caller = callerOf(request);

  async function makeLinks(userIds: readonly string[]): Promise<Map<string, [string, string]>> {
    if (wish.links === 'none') return new Map();
    const tokens = new Map(userIds.map((userId) => [userId, newToken()]));
    const links = [...tokens].map(([userId, token]) => ({ userId, tokenHash: hashToken(token) }));
    const options = { wish: wish.links, createdBy: caller.id, fileId };
    const given = await inTransaction(db, async (trx) => {
      await requireAdminNow(trx, caller); // The file may have taken minutes so far.
      return upsertAccessLinks(trx, links, options);
    });
    return new Map(
      [...given].map(([userId, expiresAt]) => [
        userId,
        [accessLinkOf(origin, tokens.get(userId)!), expiresAt.toISOString()],
      ]),
    );
  }

  async function* rows(): AsyncGenerator<Cell[][]> {
    for await (const { userIds, pieces } of parts) {
      const links = await makeLinks(userIds);
      for await (const piece of pieces) {
        yield piece.map(({ userId, email, name: person, code }) => [
          email,
          person,
          ...(links.get(userId) ?? [null, null]),
          code,
        ]);
      }
    }
    await confirmAccessLinks(db, fileId);
  }

  // Before the answer begins, so that what does not work is refused like anywhere else.
  const all = rows();
  const first = await all.next();
  async function* fromFirst(): AsyncGenerator<Cell[][]> {
    if (first.done) return;
    yield first.value;
    yield* all;
  }
  return reply
    .type('text/csv; charset=utf-8')
    .header('content-disposition', `attachment; filename="${name}.csv"`)
    .send(streamToAdmin(request, csvLines(MAIL_MERGE_HEADER, fromFirst(), { mark: wish.bom })));
}
