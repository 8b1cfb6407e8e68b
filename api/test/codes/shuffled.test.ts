import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/database/transaction.ts';
import { insertCodes, insertDrawnCodes } from '../../src/modules/codes/queries.ts';
import { selectRandomForUpdateSkipLocked } from '../../src/modules/coupons/queries.ts';
import { startTestApp, type TestApp } from '../support/app.ts';

// How coupons stand in the order in which they are given, of a file whose codes are as orderly as can be. Each figure is one of chance:
// it is compared with what chance alone would exceed once in a million runs.
const COUNT = 10_000;
const MILLIONTH = 4.9;
/** Neighbours in the order of giving that are neighbours in the table too. */
const GROUP = 64;

let t: TestApp;
beforeAll(async () => {
  t = await startTestApp();
});
afterAll(() => t.close());

const codeOf = (place: number) => `ORDERLY-${String(place).padStart(5, '0')}`;
const placeOf = (code: string) => Number(code.slice('ORDERLY-'.length));

async function store(how: 'import' | 'generate'): Promise<string> {
  await sql`DELETE FROM coupons`.execute(t.db);
  const { rows } = await sql<{ id: string }>`
    INSERT INTO books (name, max_redemptions, lock_ttl_seconds) VALUES (gen_random_uuid()::text, 1, 300) RETURNING id`.execute(
    t.db,
  );
  const bookId = rows[0]!.id;
  const job = await sql<{ id: string }>`
    INSERT INTO jobs (kind, input, created_by) SELECT 'import', '{}', id FROM users LIMIT 1 RETURNING id`.execute(
    t.db,
  );
  const batch = { bookId, batchId: job.rows[0]!.id };
  const codes = Buffer.from(Array.from({ length: COUNT }, (_, place) => codeOf(place)).join(','));
  await inTransaction(t.db, async (trx) => {
    if (how === 'import') await insertCodes(trx, batch, codes);
    else await insertDrawnCodes(trx, batch, codes, COUNT);
  });
  return bookId;
}

/** Places in the file, in the order in which coupons are given, with the pages they are on. */
async function readOrder(bookId: string): Promise<{ place: number; page: number }[]> {
  const { rows } = await sql<{ code: string; page: number }>`
    SELECT code, split_part(trim(leading '(' from ctid::text), ',', 1)::integer AS page
    FROM coupons WHERE book_id = ${bookId} ORDER BY random_key, id`.execute(t.db);
  return rows.map(({ code, page }) => ({ place: placeOf(code), page }));
}

/** Pearson's r times √n: of two independent series about a standard normal. */
function correlation(xs: readonly number[], ys: readonly number[]): number {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(xs), mean(ys)];
  let [xy, xx, yy] = [0, 0, 0];
  xs.forEach((x, index) => {
    const y = ys[index]!;
    xy += (x - mx) * (y - my);
    xx += (x - mx) ** 2;
    yy += (y - my) ** 2;
  });
  return (xy / Math.sqrt(xx * yy)) * Math.sqrt(xs.length);
}

describe.each(['import', 'generate'] as const)('the order of giving, after an %s of orderly codes', (how) => {
  let order: { place: number; page: number }[];
  let bookId: string;
  beforeAll(async () => {
    await t.asAdmin();
    bookId = await store(how);
    order = await readOrder(bookId);
  });

  test('has every code once', () => {
    expect(new Set(order.map(({ place }) => place)).size).toBe(COUNT);
  });

  test('does not follow the file', () => {
    const places = order.map(({ place }) => place);
    expect(Math.abs(correlation(places, [...places.keys()]))).toBeLessThan(MILLIONTH);
  });

  test('tells nothing from one coupon about the next', () => {
    const places = order.map(({ place }) => place);
    expect(Math.abs(correlation(places.slice(1), places.slice(0, -1)))).toBeLessThan(MILLIONTH);
  });

  test('parts codes that are neighbours in the file', () => {
    const ranks = new Map(order.map(({ place }, rank) => [place, rank]));
    let near = 0;
    for (let place = 1; place < COUNT; place += 1)
      if (Math.abs(ranks.get(place)! - ranks.get(place - 1)!) < GROUP) near += 1;
    const expected = (2 * (GROUP - 1) * (COUNT - 1)) / COUNT;
    expect(Math.abs(near - expected)).toBeLessThan(MILLIONTH * Math.sqrt(expected) + 5);
  });

  test('has neighbours that are on few pages of the table', () => {
    let pages = 0;
    let groups = 0;
    for (let from = 0; from + GROUP <= COUNT; from += GROUP) {
      pages += new Set(order.slice(from, from + GROUP).map(({ page }) => page)).size;
      groups += 1;
    }
    // With a key of its own for each, 64 coupons are on about 55 of these 180 pages.
    expect(pages / groups).toBeLessThan(8);
  });

  test('is entered anywhere: each part of the file is as likely as any other', async () => {
    const [draws, parts] = [500, 10];
    const hits = new Array<number>(parts).fill(0);
    for (let draw = 0; draw < draws; draw += 1) {
      const start = Math.floor(Math.random() * 2 ** 32) - 2 ** 31;
      const [coupon] = await inTransaction(t.db, (trx) =>
        selectRandomForUpdateSkipLocked(trx, bookId, 1, start),
      );
      hits[Math.floor((placeOf(coupon!.code) / COUNT) * parts)]! += 1;
    }
    // Chi squared with 9 degrees of freedom. What is drawn is one of 157 groups, and those behind a wide gap more often: that adds twice
    // as many shares of the variance as there are draws for each group.
    const expected = draws / parts;
    const chi = hits.reduce((sum, hit) => sum + (hit - expected) ** 2 / expected, 0);
    expect(chi).toBeLessThan(45 * (1 + (2 * draws) / (COUNT / GROUP)));
  });
});
