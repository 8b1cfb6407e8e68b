import type { Database } from '../../../src/database/connection.ts';

/** What somebody who was killed with -9 says: nothing, from here on. */
export class Killed extends Error {
  override message = 'killed';
}

export interface Life {
  /** Counts one step; throws when it is the last. */
  step: () => void;
  isOver: () => boolean;
}

/** A life of so many steps. */
export function liveFor(steps: number): Life {
  let left = steps;
  return {
    step() {
      left -= 1;
      if (left < 0) throw new Killed();
    },
    isOver: () => left < 0,
  };
}

/** A database whose user dies at one of its statements: none is sent after that, so an open transaction is rolled back. */
export function mortal(db: Database, life: Life): Database {
  return db.withPlugin({
    transformQuery({ node }) {
      life.step();
      return node;
    },
    transformResult: async ({ result }) => result,
  });
}
