import type { FastifyBaseLogger } from 'fastify';
import type { Database } from '../../../database/connection.ts';
import { inTransaction } from '../../../database/transaction.ts';
import { parseEmail } from '../../../email.ts';
import { keepSpellings, listEmailsBeyondAscii, listEmailClashes, renameEmails } from './queries.ts';

const AT_ONCE = 1_000;
const MOST_NAMED = 100;

/**
 * Brings e-mails that were stored under older rules to their canonical form. When two accounts turn out to have one address, the
 * older keeps it, unless one had it already. The other keeps its spelling, by which it still signs in, and is marked as a clash
 * for an administrator. Does nothing when all is done; several processes may do it at once.
 */
export async function canonicalizeEmails(db: Database, log: FastifyBaseLogger): Promise<void> {
  let after: { createdAt: Date; id: string } | undefined;
  for (let full = true; full;) {
    const rows = await listEmailsBeyondAscii(db, after, AT_ONCE);
    const forms = rows.map(({ id, email }) => ({ id, from: email, to: parseEmail(email) }));
    const others = forms.filter(({ from, to }) => from !== to);
    if (others.length > 0) {
      await inTransaction(db, async (trx) => {
        const renamed = await renameEmails(
          trx,
          others.flatMap(({ id, to }) => (to === null ? [] : [{ id, email: to }])),
        );
        await keepSpellings(
          trx,
          others.filter(({ id }) => !renamed.has(id)),
        );
      });
    }
    after = rows.at(-1);
    full = rows.length === AT_ONCE;
  }
  const clashes = await listEmailClashes(db, MOST_NAMED);
  if (clashes.length > 0) {
    log.warn(
      { users: clashes },
      'these accounts have the e-mail of another account in another spelling, or one that is not valid any more: ' +
        'see GET /api/v1/users?emailClash=true, and disable the account of each pair that should not be used',
    );
  }
}
