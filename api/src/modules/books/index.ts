import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import { foldBookCounts } from './queries.ts';
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
    app.addChore('book counts', () => foldBookCounts(app.db));
  },
  { name: 'books-core', dependencies: ['database', 'authentication', 'openapi', 'maintenance'] },
);

/** Books: sets of coupons with one configuration each. */
export const routes = fp<ModuleOptions>(async (app, options) => bookRoutes(app, options), {
  name: 'books',
  dependencies: ['books-core'],
});
