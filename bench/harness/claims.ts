import { addBook, exhaustLimit, LIMIT, settleDown } from './stage.ts';
import type { Bench } from '../program.ts';
import { runJob } from './jobs.ts';
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
  product: Product,
  settings: number,
): Promise<{ bookId: string; requests: Requests }> {
  const count = couponsFor(bench, settings);
  bench.log(`generating ${count} coupons`);
  const bookId = await addBook(product.sql, 'assign');
  await generateCoupons(product, bookId, count);
  await settleDown(product.sql);
  return { bookId, requests: assignRandom(bookId) };
}

/** One user in so many is refused: see `refuseSome`. */
const REFUSED_IN = 20;

/** Gives one user in twenty all that the book gives to one, so that their requests are refused, as these then may be. */
export async function refuseSome(product: Product, bookId: string, requests: Requests): Promise<void> {
  const users = product.users.filter((_, index) => index % REFUSED_IN === 0);
  await exhaustLimit(product.sql, bookId, users);
  requests.refusal = '409 assignment-limit-reached';
}

/** By the product itself, which chooses where in the book's order each is. */
export async function generateCoupons(product: Product, bookId: string, count: number): Promise<void> {
  const MOST = 1_000_000;
  for (let left = count; left > 0; left -= MOST)
    await runJob(product, `books/${bookId}/codes/generate`, {
      count: Math.min(left, MOST),
      pattern: '####-####-####',
    });
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
            (SELECT sum(assigned) FROM book_user_counters WHERE book_id = $1 AND assigned < ${LIMIT}) AS counted,
            (SELECT count(*) FROM events WHERE book_id = $1) AS told`,
    [bookId],
  );
  const { assigned, counted, told } = rows[0]!;
  if (![assigned, counted, told].every((count) => Number(count) === answered))
    throw new Error(
      `${answered} assigned by the answers, ${assigned} by the coupons, ${counted} by the counters, ${told} by the events`,
    );
}
