import type { BookKey } from './books.ts';
import type { Person } from './client.ts';
import type { Past } from './past.ts';
import type { POOLS } from './people.ts';

/** What the steps share. */
export interface Making {
  admin: Person;
  /** Those who act, by e-mail; the shop's checkout acts for everybody else. */
  actors: Map<string, Person>;
  now: number;
  past: Past;
  userIds: Map<string, string>;
  bookIds: Map<BookKey, string>;
  poolIds: Map<keyof typeof POOLS, string>;
}
