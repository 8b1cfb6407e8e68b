import { beginEmpty, confirmCount } from '../harness/bulk.ts';
import { assignRandom, confirmAssigned, confirmEvents } from '../harness/claims.ts';
import { addTurn, alternate, compare, type Requests, turnOfLoad, WARM_UPS } from '../harness/measure.ts';
import { type Product, withProduct } from '../harness/product.ts';
import { addBook, addCoupons, settleDown } from '../harness/stage.ts';
import { openAfterCheckpoint } from './contests.ts';
import { describeTable, readTables } from '../harness/tables.ts';
import type { Measure, Program } from '../program.ts';
import { ratios } from '../statistics.ts';

const CONNECTIONS = 64;
const PARTS = 10;
const TARGET = { atLeast: 0.8 };

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
      await confirmAssigned(product, bookId, rows);
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
              const [measured, work] = [products[index]!, works[index]!];
              if (index === 0) {
                await beginEmpty(measured.sql);
                await fill(measured.sql, bookOf(work), sizes[0]!);
                work.sent = 0;
              }
              const turn = await turnOfLoad(measured, work, extent);
              if (index === 0) await confirmAssigned(measured, bookOf(work), work.sent);
              return turn;
            },
          ]),
        ),
      );
      for (const [index, work] of works.entries())
        await confirmAssigned(products[index]!, bookOf(work), work.sent);
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
  title: `assign out of a book that has had a day's worth of transitions, with autovacuum on, against one that has not`,
  run: (bench) =>
    withProduct(bench, {}, async (fresh) => {
      const { rows, seconds } = bench.options;
      const busy = rows / DAY.length;
      const churned = await fresh.addProduct('churned');
      const open = async (product: Product) => {
        bench.log(`adding ${2 * rows} coupons`);
        const bookId = await addBook(product.sql, 'churn');
        await addCoupons(product.sql, { bookId, prefix: 'C-', count: busy });
        await fill(product.sql, bookId, 2 * rows - busy);
        return { product, bookId, requests: assignRandom(bookId) };
      };
      const [calm, worn] = [await open(fresh), await open(churned)];
      const before = (await readTables(churned.sql)).map(describeTable);
      for (const command of DAY) {
        const path = `/api/v1/coupons/${command}/C-{n}`;
        const work: Requests = { method: 'POST', path, body: '{}', sent: 0 };
        const { value } = await turnOfLoad(churned, work, { connections: 256, count: busy });
        bench.log(`${busy} × ${command}: ${value.toFixed(0)}/s`);
      }
      await confirmCount(churned.sql, worn.bookId, 'REDEEMED', busy);
      const after = (await readTables(churned.sql)).map(describeTable);
      for (const { renewTokens } of [fresh, churned]) await renewTokens(); // Filling and churning took minutes.
      const extent = { connections: CONNECTIONS, seconds };
      const turns = await alternate(
        bench,
        { setting: `${CONNECTIONS} connections` },
        {
          'without a day': () => turnOfLoad(fresh, calm.requests, extent),
          'after a day': () => turnOfLoad(churned, worn.requests, extent),
        },
      );
      await confirmAssigned(fresh, calm.bookId, calm.requests.sent);
      await confirmCount(churned.sql, worn.bookId, 'ASSIGNED', worn.requests.sent);
      await confirmEvents(churned, worn.bookId, worn.requests.sent + DAY.length * busy);
      return {
        measures: Object.values(turns),
        findings: [
          {
            name: `assign after ÷ without ${rows} transitions in the book`,
            values: ratios(turns['after a day'].values, turns['without a day'].values),
            target: TARGET,
          },
        ],
        notes: [...before.map((line) => `Before: ${line}.`), ...after.map((line) => `After: ${line}.`)],
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

/** How much of what others have not touched since the checkpoint an assignment logs, as whole pages. */
export const p6Wal: Program = {
  id: 'P6-wal',
  title: 'WAL of an assignment out of a large book, right after a checkpoint',
  run: (bench) =>
    withProduct(bench, {}, async (product) => {
      const { works, confirm } = await openAfterCheckpoint(bench, product);
      const [setting, { turn, unit, warmUps }] = Object.entries(works)[0]!;
      const { assign } = await alternate(bench, { setting, unit, warmUps }, { assign: turn });
      await confirm();
      const finding = { name: setting, values: assign.details['WAL kB']!, unit: 'kB', target: { atMost: 4 } };
      return { measures: [assign], findings: [finding], notes: [] };
    }),
};
