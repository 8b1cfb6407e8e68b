import { addBookToAssign, confirmAssigned, noop } from '../harness/claims.ts';
import { alternate, compare, compareCpu, turnOfLoad } from '../harness/measure.ts';
import { withProduct } from '../harness/product.ts';
import type { Program } from '../program.ts';

const TARGETS = { 64: 0.42, 256: 0.6 };
const CPU_TARGET = { atMost: 3 };

export const p1: Program = {
  id: 'P1',
  hangsOnFlush: true,
  title: "assign a random coupon, against the same server's authenticated no-op",
  run: (bench) =>
    withProduct(bench, { rivals: true }, async (product) => {
      const { bookId, requests } = await addBookToAssign(bench, product, 2);
      const idle = noop();
      const measures = [];
      const findings = [];
      for (const [connections, atLeast] of Object.entries(TARGETS)) {
        const extent = { connections: Number(connections), seconds: bench.options.seconds };
        const turns = await alternate(
          bench,
          { setting: `${connections} connections` },
          {
            'no-op': () => turnOfLoad(product, idle, extent),
            assign: () => turnOfLoad(product, requests, extent),
          },
        );
        measures.push(turns['no-op'], turns.assign);
        findings.push(compare(turns.assign, turns['no-op'], { atLeast }));
        findings.push(
          compareCpu(turns.assign, turns['no-op'], connections === '64' ? CPU_TARGET : undefined),
        );
      }
      await confirmAssigned(product, bookId, requests.sent);
      return { findings, measures, notes: [] };
    }),
};
