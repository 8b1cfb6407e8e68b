import { randomBytes } from 'node:crypto';
import type { Static } from 'typebox';
import type { Database } from '../../database/connection.ts';
import { inTransaction } from '../../database/transaction.ts';
import { drawBeside, findUnserved } from './distribute.ts';
import { drawing, roomOf } from './draw.ts';
import { explain } from '../../reasons.ts';
import type { previewSchema } from './schemas.ts';
import { type DistributionOrder, surveyDistribution } from './survey.ts';

const ROWS = 100;

/** What a distribution would do now. @throws {Problem} as the distribution would, but not for a shortage: that is shown */
export async function previewDistribution(
  db: Database,
  order: DistributionOrder,
): Promise<Static<typeof previewSchema>> {
  const survey = await inTransaction(db, (trx) => surveyDistribution(trx, order, { inRequest: true }));
  const { terms, list, emails, disabled, needed, planned, missing } = survey;
  const drawn = await drawBeside(drawing(randomBytes(32), terms, list));
  const { skipped, drewNone, errors } = findUnserved(survey, drawn);
  const able = drawn.shares.filter((_, place) => roomOf(terms, list[place]!) > 0);
  const reasons = new Map(errors.map(({ value, ...why }) => [value, explain(why)]));
  const rows = [
    ...list.slice(0, ROWS).map((entrant, place) => ({ ...entrant, share: drawn.shares[place]! })),
    ...disabled.slice(0, ROWS).map(({ userId, already }) => ({ userId, already, share: 0 })),
  ];
  return {
    members: list.length + disabled.length,
    needed,
    stock: terms.stock,
    assigned: planned,
    missing,
    refused: missing > 0 && order.onShortage === 'refuse',
    stockAfter: terms.stock - planned,
    served: drawn.shares.filter((share) => share > 0).length,
    drewNone,
    skipped: errors.length,
    reasons: skipped,
    perUser: able.reduce(
      ({ least, most }, share) => ({ least: Math.min(least, share), most: Math.max(most, share) }),
      {
        least: able[0] ?? 0,
        most: 0,
      },
    ),
    shares: rows
      .sort((a, b) => (a.userId < b.userId ? -1 : 1))
      .slice(0, ROWS)
      .map((row) => {
        const email = emails.get(row.userId)!;
        return {
          userId: row.userId,
          email,
          already: row.already,
          share: row.share,
          refusal: reasons.get(email) ?? null,
        };
      }),
  };
}
