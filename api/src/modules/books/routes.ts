import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import type { Config } from '../../config.ts';
import { jsonAnswer } from '../../answers/answer.ts';
import { callerOf } from '../../access/caller.ts';
import { allowLongWork } from '../../deadline.ts';
import { write } from '../../answers/idempotency.ts';
import { Problem } from '../../problems.ts';
import { ageKey, readAgeCursor, ref, toPage } from '../../schemas.ts';
import {
  findActiveBook,
  findBook,
  findBookCounts,
  findBooksInStock,
  findStats,
  listBooks,
  listBooksHeldBy,
} from './queries.ts';
import { removeBook } from './remove.ts';
import { changeBook, createBook } from './save.ts';
import {
  bookChanges,
  bookId,
  bookPage,
  bookSchema,
  bookStatsSchema,
  heldBookPage,
  heldBooksQuery,
  listQuery,
  newBook,
  presentBook,
  STATS_DAYS,
} from './schemas.ts';

const tags = ['books'];

export function bookRoutes(fastify: FastifyInstance, { config }: { config: Config }): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  app.post(
    '/api/v1/books',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'createBook',
        summary: 'Create a book',
        body: newBook,
        response: { 201: ref(bookSchema) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) => {
        const book = await createBook(trx, request.body, config.lockTtlSeconds);
        return jsonAnswer(201, presentBook(book, callerOf(request)), `/api/v1/books/${book.id}`);
      }),
  );

  app.get(
    '/api/v1/books',
    {
      config: { access: 'user', problems: ['forbidden'] },
      schema: {
        tags,
        operationId: 'listBooks',
        summary: 'List books, newest first',
        description:
          'An ADMIN sees all, a USER those that are active now: not archived and within their dates.',
        querystring: listQuery,
        response: { 200: ref(bookPage) },
      },
    },
    async (request) => {
      const { limit, cursor, archived, q, include } = request.query;
      const isAdmin = callerOf(request).role === 'ADMIN';
      if (include === 'stats' && !isAdmin) throw new Problem('forbidden', 'admins-only');
      const rows = await listBooks(app.db, {
        activeOnly: !isAdmin,
        archived,
        q,
        after: readAgeCursor(cursor),
        limit: limit + 1,
      });
      const page = toPage(rows, limit, (row) => presentBook(row, callerOf(request)), ageKey);
      if (include === undefined) return page;
      const ids = page.items.map(({ id }) => id);
      if (include === 'stock') {
        const inStock = await findBooksInStock(app.db, ids);
        return { ...page, items: page.items.map((book) => ({ ...book, inStock: inStock.has(book.id) })) };
      }
      const counts = await findBookCounts(app.db, ids);
      return { ...page, items: page.items.map((book) => ({ ...book, stats: counts.get(book.id)! })) };
    },
  );

  app.get(
    '/api/v1/books/held',
    {
      config: { access: 'user' },
      schema: {
        tags,
        operationId: 'listHeldBooks',
        summary: "List the books of the caller's coupons, newest first",
        description: 'Also those that are over or archived: what one holds, one may read about.',
        querystring: heldBooksQuery,
        response: { 200: ref(heldBookPage) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const page = { after: readAgeCursor(cursor), limit: limit + 1 };
      const rows = await listBooksHeldBy(app.db, callerOf(request).id, page);
      return toPage(
        rows,
        limit,
        (row) => ({ book: presentBook(row, callerOf(request)), assigned: row.assigned }),
        ageKey,
      );
    },
  );

  app.get(
    '/api/v1/books/:id',
    {
      config: { access: 'user', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'getBook',
        summary: 'Read a book',
        description: 'A USER can read books that are active now.',
        params: bookId,
        response: { 200: ref(bookSchema) },
      },
    },
    async (request) => {
      const find = callerOf(request).role === 'ADMIN' ? findBook : findActiveBook;
      return presentBook(orNotFound(await find(app.db, request.params.id)), callerOf(request));
    },
  );

  app.patch(
    '/api/v1/books/:id',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'changeBook',
        summary: 'Change or archive a book',
        description:
          'Changes the fields that are given. Limits can change while coupons are out; they hold from then on.',
        params: bookId,
        body: bookChanges,
        response: { 200: ref(bookSchema) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) =>
        jsonAnswer(
          200,
          presentBook(await changeBook(trx, request.params.id, request.body), callerOf(request)),
        ),
      ),
  );

  app.delete(
    '/api/v1/books/:id',
    {
      config: { access: 'admin', problems: ['not-found', 'in-use'] },
      schema: {
        tags,
        operationId: 'deleteBook',
        summary: 'Delete a book of which no coupon was ever given away',
        description:
          'Its coupons go with it. A coupon that was ever assigned, even if it was unassigned since, keeps its book: archive it with PATCH `{ "archived": true }`.',
        params: bookId,
        response: { 204: Type.Null({ description: 'deleted' }) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) => {
        allowLongWork(request);
        await removeBook(trx, request.params.id);
        return jsonAnswer(204, undefined);
      }),
  );

  app.get(
    '/api/v1/books/:id/stats',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'getBookStats',
        summary: 'Count the coupons and redemptions of a book',
        params: bookId,
        response: { 200: ref(bookStatsSchema) },
      },
    },
    async (request) => {
      const { id } = orNotFound(await findBook(app.db, request.params.id));
      return findStats(app.db, STATS_DAYS, id);
    },
  );

  app.get(
    '/api/v1/stats',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'getStats',
        summary: 'Count the coupons and redemptions of all books',
        response: { 200: ref(bookStatsSchema) },
      },
    },
    async () => findStats(app.db, STATS_DAYS),
  );
}

function orNotFound<T>(found: T | undefined): T {
  if (found === undefined) throw new Problem('not-found', 'no-such-book');
  return found;
}
