import type { Database } from '../../src/database/connection.ts';

/** A database that can be away, as far as one user of it can tell. */
export function switchable(db: Database) {
  const state = { isAway: false };
  const wrapped = db.withPlugin({
    transformQuery({ node: query }) {
      if (state.isAway) throw new Error('the database is away');
      return query;
    },
    transformResult: async ({ result }) => result,
  });
  return Object.assign(state, { db: wrapped });
}
