import { confirmEvents, couponsFor, noop } from '../harness/claims.ts';
import { alternate, compare, type Requests, turnOfLoad } from '../harness/measure.ts';
import { withProduct } from '../harness/product.ts';
import { addBook, addCoupons, settleDown } from '../harness/stage.ts';
import type { Program } from '../program.ts';

const TARGETS = { 64: { lock: 0.45, redeem: 0.38 }, 256: { lock: 0.6, redeem: 0.5 } };

export const p2: Program = {
  id: 'P2',
  hangsOnFlush: true,
  title: "lock, and redeem, against the same server's authenticated no-op",
  run: (bench) =>
    withProduct(bench, { rivals: true }, async (product) => {
      const { sql, users: owners } = product;
      const count = couponsFor(bench, 2);
      bench.log(`adding ${count} coupons to lock and ${count} to redeem`);
      const bookId = await addBook(sql, 'lock and redeem');
      await addCoupons(sql, { bookId, prefix: 'L-', count, owners, state: 'ASSIGNED' });
      await addCoupons(sql, { bookId, prefix: 'R-', count, owners, state: 'LOCKED' });
      await settleDown(sql);

      const idle = noop();
      const command = (path: string): Requests => ({ method: 'POST', path, body: '{}', sent: 0 });
      const lock = command('/api/v1/coupons/lock/L-{n}');
      const redeem = command('/api/v1/coupons/redeem/R-{n}');
      const measures = [];
      const findings = [];
      for (const [connections, targets] of Object.entries(TARGETS)) {
        const extent = { connections: Number(connections), seconds: bench.options.seconds };
        const turns = await alternate(
          bench,
          { setting: `${connections} connections` },
          {
            'no-op': () => turnOfLoad(product, idle, extent),
            lock: () => turnOfLoad(product, lock, extent),
            redeem: () => turnOfLoad(product, redeem, extent),
          },
        );
        measures.push(turns['no-op'], turns.lock, turns.redeem);
        findings.push(
          compare(turns.lock, turns['no-op'], { atLeast: targets.lock }),
          compare(turns.redeem, turns['no-op'], { atLeast: targets.redeem }),
        );
      }
      confirm(redeem.sent, await countRows('redemption_history'));
      confirm(redeem.sent, await countRows("coupons WHERE state = 'REDEEMED'"));
      confirm(lock.sent + count - redeem.sent, await countRows("coupons WHERE state = 'LOCKED'"));
      await confirmEvents(product, bookId, lock.sent + redeem.sent);
      return { findings, measures, notes: [] };

      async function countRows(from: string): Promise<number> {
        return Number((await sql.query<{ count: string }>(`SELECT count(*) FROM ${from}`)).rows[0]!.count);
      }
      function confirm(answered: number, stored: number): void {
        if (answered !== stored) throw new Error(`${answered} by the answers, ${stored} in the database`);
      }
    }),
};
