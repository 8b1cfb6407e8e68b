import pg from 'pg';
import { addBookToAssign, confirmAssigned, couponsFor } from '../harness/claims.ts';
import { alternate, compare, turnOfLoad, WARM_UPS } from '../harness/measure.ts';
import { withProduct } from '../harness/product.ts';
import { settleDown } from '../harness/stage.ts';
import type { Program } from '../program.ts';
import { claimOf } from '../rivals/guarded-update.ts';
import { stockTable } from '../rivals/stock.ts';
import { ratios } from '../statistics.ts';

/** The load under which the top throughput is found, and most requests under way in an open loop. */
const CONNECTIONS = 256;
/** Turns of an open loop are longer: a percentile needs requests. */
const LONGER = 3;

export const p7: Program = {
  id: 'P7',
  hangsOnFlush: true,
  title:
    'latency of assign: at half of the top throughput (constant rate, an open loop), and of one request at a time',
  run: (bench) =>
    withProduct(bench, {}, async (product) => {
      const { sql, server, load, databaseUrl } = product;
      const { seconds } = bench.options;
      const { bookId, requests } = await addBookToAssign(bench, product, 4);
      await stockTable(databaseUrl, bookId, couponsFor(bench, 1));
      await settleDown(sql);
      const extent = { connections: CONNECTIONS, seconds };
      for (let turn = 0; turn < WARM_UPS; turn += 1) await turnOfLoad(product, requests, extent);
      const top = (await turnOfLoad(product, requests, extent)).value;
      const rate = Math.round(top / 2);
      bench.log(`top throughput ${top.toFixed(0)}/s`);

      const client = new pg.Client(databaseUrl);
      client.on('error', () => undefined); // When this program fails, PostgreSQL ends first.
      await client.connect();
      const claim = claimOf(client);
      const turns = await alternate(
        bench,
        { setting: `${rate} requests per second`, unit: 'ms', warmUps: 1 },
        {
          async 'p99 of assign'() {
            const order = { url: server.url, work: requests, from: requests.sent };
            const report = await load.run({ ...order, ...extent, seconds: seconds * LONGER, rate });
            requests.sent += report.answered;
            const { p50, p99, most, lateP99 } = report;
            return {
              value: p99,
              details: { 'p50 ms': p50, 'longest ms': most, 'p99 of sending late ms': lateP99 },
            };
          },
          async 'one assign at a time'() {
            const turn = await turnOfLoad(product, requests, { connections: 1, seconds });
            return { ...turn, value: 1_000 / turn.value };
          },
          /** What the disk and one round trip cost: nothing that commits can be faster. */
          async 'one guarded UPDATE at a time, pg client'() {
            const started = performance.now();
            let claims = 0;
            for (; performance.now() < started + seconds * 1_000; claims += 1)
              if ((await claim(bookId, bookId)) === null) throw new Error('no coupon is left');
            return { value: (performance.now() - started) / claims, details: {} };
          },
        },
      );
      await client.end();
      await confirmAssigned(product, bookId, requests.sent);
      const busy = turns['p99 of assign'];
      const idle = turns['one assign at a time'];
      const lean = turns['one guarded UPDATE at a time, pg client'];
      idle.setting = lean.setting = undefined;
      return {
        measures: Object.values(turns),
        findings: [
          {
            name: `p99 ÷ p50 at ${rate} requests per second`,
            values: ratios(busy.values, busy.details['p50 ms']!),
            target: { atMost: 8 },
          },
          {
            name: 'one request ÷ its transaction, as its server sees that',
            values: ratios(idle.values, idle.details['group ms']!),
            target: { atMost: 1.3 },
          },
          compare(idle, lean),
        ],
        notes: [],
      };
    }),
};
