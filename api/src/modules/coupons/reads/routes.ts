import { foldCodePrefix } from '../code.ts';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { callerOf } from '../../../access/caller.ts';
import { refundBudgets, spendBudgets } from '../../../access/budgets.ts';
import { prefersCsv } from '../../../answers/csv-export.ts';
import { Problem } from '../../../problems.ts';
import { decodeCursor, listOrCsv, ref, toPage } from '../../../schemas.ts';
import { findNamedUser } from '../../accounts/people/external-ids.ts';
import { COUPON_COLUMNS, sendCouponsCsv } from './export.ts';
import { guessBudgets } from '../guesses.ts';
import {
  bookCouponPage,
  couponEventPage,
  couponPage,
  couponSchema,
  presentCoupon,
  presentEvent,
} from '../present.ts';
import { type CouponInBook, findCoupon } from '../queries.ts';
import {
  bookExists,
  listCouponsByBook,
  listCouponsByUser,
  listEventsByCoupon,
  withOwners,
} from './queries.ts';
import {
  bookCouponsQuery,
  bookParams,
  codeParams,
  historyQuery,
  myCouponsQuery,
  requireCode,
} from '../schemas.ts';

const isId = (part: unknown): part is number => Number.isSafeInteger(part);
const isCode = (part: unknown): part is string => typeof part === 'string';
const readId = (cursor: string | undefined) =>
  cursor === undefined ? undefined : decodeCursor<[number]>(cursor, [isId])[0];
const isMillisecond = (part: unknown): part is number =>
  Number.isSafeInteger(part) && Math.abs(part as number) < 8.64e15;
const readGivenCursor = (cursor: string | undefined) => {
  if (cursor === undefined) return undefined;
  const [at, id] = decodeCursor<[number, number]>(cursor, [isMillisecond, isId]);
  return { assignedAt: new Date(at), id };
};

/** What callers look at: never locks, never waits for a command. */
export function registerReads(instance: FastifyInstance, rateLimitScale: number): void {
  const app = instance.withTypeProvider<TypeBoxTypeProvider>();
  const tags = ['coupons'];
  const present = (request: FastifyRequest) => (row: CouponInBook) =>
    presentCoupon(row, row, callerOf(request), row.now);

  /** The coupon, if the caller may see it. For a USER, asking for any other is a guess. */
  const requireCoupon = async (request: FastifyRequest, text: string): Promise<CouponInBook> => {
    const caller = callerOf(request);
    const coupon = await findCoupon(app.db, requireCode(text));
    if (caller.role === 'ADMIN') {
      if (!coupon) throw new Problem('not-found', 'no-such-coupon');
      return coupon;
    }
    if (coupon?.assignedUserId === caller.id) return coupon;
    // Charged before it is answered, so that of many guesses at once none slips through. What is not answered is given back: one
    // user must not spend what an address has for all.
    const budgets = guessBudgets(request, rateLimitScale);
    const spent = await spendBudgets(app.db, budgets);
    if (spent.size > 0) {
      await refundBudgets(app.db, budgets);
      throw new Problem('rate-limited', 'too-many-wrong-codes', { retryAfter: Math.max(...spent.values()) });
    }
    throw new Problem('not-your-coupon');
  };

  app.get(
    '/api/v1/coupons',
    {
      schema: {
        tags,
        operationId: 'listMyCoupons',
        summary: "The caller's coupons, those given last first",
        querystring: myCouponsQuery,
        response: { 200: ref(couponPage) },
      },
      config: { access: 'user' },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query;
      const rows = await listCouponsByUser(app.db, callerOf(request).id, filter, {
        after: readGivenCursor(cursor),
        limit: limit + 1,
      });
      return toPage(rows, limit, present(request), ({ assignedAt, id }) => [assignedAt!.getTime(), id]);
    },
  );

  app.get(
    '/api/v1/books/:id/coupons',
    {
      schema: {
        tags,
        operationId: 'listBookCoupons',
        summary: 'The coupons of a book',
        description: 'By age, or by code when the beginning of a code is asked for.',
        params: bookParams,
        querystring: bookCouponsQuery,
        response: { 200: listOrCsv(bookCouponPage, COUPON_COLUMNS) },
      },
      config: { access: 'admin', problems: ['not-found'] },
    },
    async (request, reply) => {
      const { limit, cursor, code, bom, state, ...owner } = request.query;
      if (!(await bookExists(app.db, request.params.id))) throw new Problem('not-found', 'no-such-book');
      const codePrefix = code === undefined ? undefined : foldCodePrefix(code);
      const filter = { state, userId: await findNamedUser(app.db, owner), codePrefix };
      if (prefersCsv(request)) return sendCouponsCsv(request, reply, request.params.id, filter, bom);
      const after =
        codePrefix === undefined
          ? { afterId: readId(cursor) }
          : { afterCode: cursor === undefined ? undefined : decodeCursor<[string]>(cursor, [isCode])[0] };
      const rows = await listCouponsByBook(app.db, request.params.id, filter, {
        ...after,
        limit: limit + 1,
      });
      return toPage(
        await withOwners(app.db, rows),
        limit,
        (row) => ({ ...present(request)(row), ownerEmail: row.ownerEmail }),
        (row) => [codePrefix === undefined ? row.id : row.code],
      );
    },
  );

  app.get(
    '/api/v1/coupons/:code',
    {
      schema: {
        tags,
        operationId: 'getCoupon',
        summary: 'One coupon, with what the caller may do with it now',
        params: codeParams,
        response: { 200: ref(couponSchema) },
      },
      config: { access: 'user', problems: ['not-your-coupon', 'not-found'] },
    },
    async (request) => present(request)(await requireCoupon(request, request.params.code)),
  );

  app.get(
    '/api/v1/coupons/:code/history',
    {
      schema: {
        tags,
        operationId: 'getCouponHistory',
        summary: 'What happened to a coupon, oldest first',
        params: codeParams,
        querystring: historyQuery,
        response: { 200: ref(couponEventPage) },
      },
      config: { access: 'user', problems: ['not-your-coupon', 'not-found'] },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const coupon = await requireCoupon(request, request.params.code);
      // A coupon that was unassigned has had other owners: who they were, and what they redeemed, is not the present one's.
      const { id, role } = callerOf(request);
      const userId = role === 'ADMIN' ? undefined : id;
      const page = { afterId: readId(cursor), limit: limit + 1 };
      const rows = await listEventsByCoupon(app.db, coupon, userId, page);
      return toPage(rows, limit, presentEvent, ({ id }) => [id]);
    },
  );
}
