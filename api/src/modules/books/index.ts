import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import { raiseAlerts } from './alerts/raise.ts';
import { foldBookCounts, listScarceBooks } from './queries.ts';
import { bookRoutes } from './routes.ts';
import {
  bookCountsSchema,
  bookPage,
  bookSchema,
  bookStatsSchema,
  heldBookPage,
  heldBookSchema,
  listedBookSchema,
} from './schemas.ts';

/** Each is two time series of its own. */
const MOST_BOOKS_SHOWN = 50;

/** Books, as other modules show them, and the folding of their counts. */
export const core = fp<ModuleOptions>(
  async (app) => {
    for (const schema of [
      bookSchema,
      bookCountsSchema,
      listedBookSchema,
      bookPage,
      heldBookSchema,
      heldBookPage,
      bookStatsSchema,
    ])
      app.addSchema(schema);
    app.addDatabaseGauges(
      {
        book_coupons_unassigned: {
          help: 'coupons left of the active books that have the smallest share left',
          labelNames: ['book_id'],
        },
        book_coupons_total: { help: 'all coupons of these books', labelNames: ['book_id'] },
      },
      async () => {
        const books = await listScarceBooks(app.db, MOST_BOOKS_SHOWN);
        return {
          book_coupons_unassigned: books.map(({ id, unassigned }) => ({
            labels: { book_id: id },
            value: unassigned,
          })),
          book_coupons_total: books.map(({ id, total }) => ({ labels: { book_id: id }, value: total })),
        };
      },
    );
    app.addChore('book counts', () => foldBookCounts(app.db));
    app.addChore('book alerts', () => raiseAlerts(app.db));
  },
  {
    name: 'books-core',
    dependencies: ['database', 'authentication', 'openapi', 'service-metrics', 'maintenance'],
  },
);

/** Books: sets of coupons with one configuration each. */
export const routes = fp<ModuleOptions>(async (app, options) => bookRoutes(app, options), {
  name: 'books',
  dependencies: ['books-core'],
});
