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

/** Books: sets of coupons with one configuration each. */
export default fp<ModuleOptions>(
  async (app, options) => {
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
    bookRoutes(app, options);
    app.addChore('book counts', () => foldBookCounts(app.db));
  },
  { name: 'books', dependencies: ['database', 'authentication', 'openapi', 'maintenance'] },
);
