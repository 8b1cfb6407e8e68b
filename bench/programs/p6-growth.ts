import { confirmCount, emptyTables } from '../harness/bulk.ts';
import { assignRandom } from '../harness/claims.ts';
import { addTurn, alternate, compare, type Requests, turnOfLoad, WARM_UPS } from '../harness/measure.ts';
import { type Product, withProduct } from '../harness/product.ts';
import { addBook, addCoupons, settleDown } from '../harness/stage.ts';
import { describeTable, readTables } from '../harness/tables.ts';
import type { Measure, Program } from '../program.ts';
import { ratios } from '../statistics.ts';

const CONNECTIONS = 64;
const PARTS = 10;
const TARGET = { atLeast: 0.7 };

export const p6: Program = {
  id: 'P6',
  title: 'assign, from the first to the last coupon of a book, by tenths',
  run: (bench) =>
    withProduct(bench, {}, async (product) => {
      const { sql, server, load } = product;
      const { rows } = bench.options;
      bench.log(`adding ${rows} coupons`);
      const bookId = await addBook(sql, 'to the last');
      await addCoupons(sql, { bookId, prefix: 'T-', count: rows });
      await settleDown(sql);
      await warmUp(product);
      const requests = assignRandom(bookId);
      const setting = `${CONNECTIONS} connections`;
      const tenths: Measure[] = [];
      for (let part = 1; part <= PARTS; part += 1) {
        const measure: Measure = { name: `tenth ${part}`, setting, unit: '/s', values: [], details: {} };
        addTurn(
          measure,
          await turnOfLoad(product, requests, { connections: CONNECTIONS, count: rows / PARTS }),
        );
        bench.log(`${measure.name}: ${measure.values[0]!.toFixed(0)}/s`);
        tenths.push(measure);
      }
      await confirmCount(sql, bookId, 'ASSIGNED', rows);
      const order = { url: server.url, work: requests, from: rows, connections: 1, count: 1 };
      const oneMore = await load.run(order).then(
        () => 'a coupon',
        ({ message }: Error) => message,
      );
      if (!oneMore.endsWith('1 × 409 book-exhausted'))
        throw new Error(`after the last coupon came ${oneMore}`);
      const rates = tenths.map(({ values }) => values[0]!);
      return {
        measures: tenths,
        findings: [
          {
            name: `slowest ÷ fastest tenth of a book of ${rows}`,
            values: [Math.min(...rates) / Math.max(...rates)],
            target: TARGET,
          },
        ],
        notes: [
          'One pass: each tenth is one turn. The request after the last coupon was told that the book is exhausted.',
        ],
      };
    }),
};

/** Assignments of a turn, if the larger tables have enough for all turns; half of what is in the smallest. */
const TURN = 5_000;

export const p6Size: Program = {
  id: 'P6-size',
  title: 'assign with few and with many coupons in the table',
  run: (bench) =>
    withProduct(bench, {}, async (product) => {
      const { rows, rounds } = bench.options;
      const count = Math.min(TURN, Math.floor(rows / (rounds + WARM_UPS)));
      const sizes = [2 * count, rows, 10 * rows];
      const names = sizes.map((size) => `${size} coupons`);
      const products = [product, await product.addProduct('medium'), await product.addProduct('large')];
      const works: Requests[] = [];
      for (const [index, size] of sizes.entries()) {
        bench.log(`adding ${size} coupons`);
        const { sql } = products[index]!;
        const bookId = await addBook(sql, 'size');
        works.push(assignRandom(bookId));
        await fill(sql, bookId, size);
      }
      for (const { renewTokens } of products) await renewTokens(); // Filling took minutes.
      const extent = { connections: CONNECTIONS, count };
      const measures = await alternate(
        bench,
        { setting: `${CONNECTIONS} connections, ${count} requests` },
        Object.fromEntries(
          names.map((name, index) => [
            name,
            async () => {
              const { sql } = products[index]!;
              if (index === 0) {
                await emptyTables(sql);
                await fill(sql, bookOf(works[0]!), sizes[0]!);
              }
              return turnOfLoad(products[index]!, works[index]!, extent);
            },
          ]),
        ),
      );
      const [few, some, many] = names.map((name) => measures[name]!);
      const notes = [];
      for (const { sql } of products) notes.push(describeTable((await readTables(sql))[0]!));
      return {
        measures: Object.values(measures),
        findings: [compare(some!, few!, TARGET), compare(many!, few!, TARGET)],
        notes,
      };
    }),
};

const bookOf = ({ body }: Requests) => (JSON.parse(body!) as { bookId: string }).bookId;

async function fill(sql: Product['sql'], bookId: string, count: number): Promise<void> {
  const MOST = 1_000_000;
  for (let from = 0; from < count; from += MOST)
    await addCoupons(sql, { bookId, prefix: `S-${from / MOST}-`, count: Math.min(MOST, count - from) });
  await settleDown(sql);
}

/** A day of a busy service, in transitions of coupons per coupon. */
const DAY = ['assign', 'lock', 'unlock', 'lock', 'redeem'];

export const p6Churn: Program = {
  id: 'P6-churn',
  title: `assign before and after a day's worth of transitions, with autovacuum on`,
  run: (bench) =>
    withProduct(bench, {}, async (product) => {
      const { sql } = product;
      const { rows, rounds, seconds } = bench.options;
      const busy = rows / DAY.length;
      bench.log(`adding ${2 * rows} coupons`);
      const bookId = await addBook(sql, 'churn');
      await addCoupons(sql, { bookId, prefix: 'C-', count: busy });
      const calmId = await addBook(sql, 'calm');
      await fill(sql, calmId, 2 * rows - busy);
      const requests = assignRandom(calmId);
      const extent = { connections: CONNECTIONS, seconds };
      const measureTurns = async (name: string) => {
        const measure: Measure = {
          name,
          setting: `${CONNECTIONS} connections`,
          unit: '/s',
          values: [],
          details: {},
        };
        for (let round = 0; round < rounds; round += 1)
          addTurn(measure, await turnOfLoad(product, requests, extent));
        bench.log(`${name}: ${measure.values.map((value) => value.toFixed(0)).join(', ')}/s`);
        return measure;
      };
      await warmUp(product);
      const before = await measureTurns('assign before');
      const tables = (await readTables(sql)).map(describeTable);
      for (const command of DAY) {
        const path = `/api/v1/coupons/${command}/C-{n}`;
        const { value } = await turnOfLoad(
          product,
          { method: 'POST', path, body: '{}', sent: 0 },
          { connections: 256, count: busy },
        );
        bench.log(`${busy} × ${command}: ${value.toFixed(0)}/s`);
      }
      await confirmCount(sql, bookId, 'REDEEMED', busy);
      const tablesAfter = (await readTables(sql)).map(describeTable);
      const after = await measureTurns('assign after');
      return {
        measures: [before, after],
        findings: [
          {
            name: `assign after ÷ before ${rows} transitions`,
            values: ratios(after.values, before.values),
            target: TARGET,
          },
        ],
        notes: [...tables.map((line) => `Before: ${line}.`), ...tablesAfter.map((line) => `After: ${line}.`)],
      };
    }),
};

/** A server that has just started is slower for some seconds. */
async function warmUp(product: Product): Promise<void> {
  const bookId = await addBook(product.sql, 'warm-up');
  const count = 40_000;
  await addCoupons(product.sql, { bookId, prefix: 'W-', count });
  await turnOfLoad(product, assignRandom(bookId), { connections: CONNECTIONS, count });
}
