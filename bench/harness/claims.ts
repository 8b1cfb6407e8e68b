import { addBook, addCoupons, settleDown } from './stage.ts';
import type { Bench } from '../program.ts';
import type { Product } from './product.ts';
import { type Requests, WARM_UPS } from './measure.ts';

/** More than any contestant does in a second. */
const MOST_PER_SECOND = 15_000;

/** How many coupons last for all turns of one contestant in so many settings. */
export const couponsFor = ({ options }: Bench, settings: number): number =>
  settings * (options.rounds + WARM_UPS) * options.seconds * MOST_PER_SECOND;

/** Requests for the authenticated route that does nothing. */
export const noop = (): Requests => ({ method: 'GET', path: '/api/v1/bench/noop', sent: 0 });

export const assignRandom = (bookId: string): Requests => ({
  method: 'POST',
  path: '/api/v1/coupons/assign/random',
  body: JSON.stringify({ bookId }),
  sent: 0,
});

/** A book with coupons to assign. */
export async function addBookToAssign(
  bench: Bench,
  { sql }: Product,
  settings: number,
): Promise<{ bookId: string; requests: Requests }> {
  const count = couponsFor(bench, settings);
  bench.log(`adding ${count} coupons`);
  const bookId = await addBook(sql, 'assign');
  await addCoupons(sql, { bookId, prefix: 'A-', count });
  await settleDown(sql);
  return { bookId, requests: assignRandom(bookId) };
}

/** Every change of the book's coupons was told once. */
export async function confirmEvents({ sql }: Product, bookId: string, wanted: number): Promise<void> {
  const { rows } = await sql.query<{ count: string }>('SELECT count(*) FROM events WHERE book_id = $1', [
    bookId,
  ]);
  if (Number(rows[0]!.count) !== wanted) throw new Error(`${rows[0]!.count} events, not ${wanted}`);
}

/** As many coupons of the book have an owner as requests were answered with one: each was stored, and given once. */
export async function confirmAssigned({ sql }: Product, bookId: string, answered: number): Promise<void> {
  const { rows } = await sql.query<{ assigned: number; counted: number; told: number }>(
    `SELECT (SELECT count(*) FROM coupons WHERE book_id = $1 AND state = 'ASSIGNED') AS assigned,
            (SELECT sum(assigned) FROM book_user_counters WHERE book_id = $1) AS counted,
            (SELECT count(*) FROM events WHERE book_id = $1) AS told`,
    [bookId],
  );
  const { assigned, counted, told } = rows[0]!;
  if (![assigned, counted, told].every((count) => Number(count) === answered))
    throw new Error(
      `${answered} assigned by the answers, ${assigned} by the coupons, ${counted} by the counters, ${told} by the events`,
    );
}
