import type { Requests } from '../harness/measure.ts';

/** Claims of random coupons of a book from the rival of that name: see module.ts. */
export const claimFrom = (name: string, bookId: string): Requests => ({
  method: 'POST',
  path: `/api/v1/bench/${name}`,
  body: JSON.stringify({ bookId }),
  sent: 0,
});
