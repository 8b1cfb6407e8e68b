import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Cell, sendCsv } from '../../../answers/csv-export.ts';
import type { CouponInBook } from '../queries.ts';
import { listCouponsByBook, withOwners } from './queries.ts';
import { currentState } from '../state.ts';

export const COUPON_COLUMNS = [
  'code',
  'state',
  'ownerId',
  'ownerEmail',
  'assignedAt',
  'lockedAt',
  'lockExpiresAt',
  'redeemedAt',
  'redemptionCount',
  'metadata',
];

type Row = CouponInBook & { ownerEmail: string | null };
type Filter = Parameters<typeof listCouponsByBook>[2];

/** Sends the coupons of a book, in the order of the list, as a file: with the owners' e-mails, for whoever writes to them. */
export function sendCouponsCsv(
  request: FastifyRequest,
  reply: FastifyReply,
  bookId: string,
  filter: Filter,
  mark: boolean,
): Promise<FastifyReply> {
  const { db } = request.server;
  const byCode = filter.codePrefix !== undefined;
  return sendCsv<Row>(request, reply, {
    name: `coupons-${bookId}`,
    header: COUPON_COLUMNS,
    mark,
    present,
    async read(last, limit) {
      const after = last && (byCode ? { afterCode: last.code } : { afterId: last.id });
      return withOwners(db, await listCouponsByBook(db, bookId, filter, { ...after, limit }));
    },
  });
}

function present({ ownerEmail, now, ...row }: Row): Cell[] {
  const coupon = currentState(row, row, now);
  const text = (time: Date | null) => time?.toISOString() ?? null;
  return [
    coupon.code,
    coupon.state,
    coupon.assignedUserId,
    ownerEmail,
    text(coupon.assignedAt),
    text(coupon.lockedAt),
    coupon.state === 'LOCKED' ? text(coupon.lockExpiresAt) : null,
    text(coupon.redeemedAt),
    coupon.redemptionCount,
    JSON.stringify(coupon.metadata),
  ];
}
