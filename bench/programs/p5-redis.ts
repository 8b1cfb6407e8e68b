import { addBookToAssign, confirmAssigned, couponsFor } from '../harness/claims.ts';
import { cpuSeconds } from '../harness/cpu.ts';
import { alternate, compare, turnOfLoad } from '../harness/measure.ts';
import { withProduct } from '../harness/product.ts';
import { startRedis } from '../harness/redis.ts';
import type { Program } from '../program.ts';
import { claimFrom } from '../rivals/requests.ts';
import { countRedis, stockRedis } from '../rivals/stock.ts';

const TARGETS = { 64: 0.5, 256: 0.7 };
/** Redis gives more codes in a turn than the product does. */
const REDIS_TAKES = 2;

export const p5: Program = {
  id: 'P5',
  hangsOnFlush: true,
  title: 'assign, durable, against Redis SPOP (appendfsync everysec) behind the same server',
  async run(bench) {
    await using redis = await startRedis();
    const env = { BENCH_REDIS_URL: redis.url };
    return await withProduct(bench, { rivals: true, env }, async (product) => {
      const { bookId, requests } = await addBookToAssign(bench, product, 2);
      const count = couponsFor(bench, 2) * REDIS_TAKES;
      await stockRedis(redis.url, bookId, count);
      const pop = claimFrom('redis', bookId);
      const measures = [];
      const findings = [];
      for (const [connections, atLeast] of Object.entries(TARGETS)) {
        const extent = { connections: Number(connections), seconds: bench.options.seconds };
        const turns = await alternate(
          bench,
          { setting: `${connections} connections` },
          {
            async 'Redis SPOP'() {
              const [cpu, sent] = [cpuSeconds(redis.pid), pop.sent];
              const turn = await turnOfLoad(product, pop, extent);
              turn.details['Redis µs'] = ((cpuSeconds(redis.pid) - cpu) * 1e6) / (pop.sent - sent);
              return turn;
            },
            assign: () => turnOfLoad(product, requests, extent),
          },
        );
        measures.push(turns['Redis SPOP'], turns.assign);
        findings.push(compare(turns.assign, turns['Redis SPOP'], { atLeast }));
      }
      await confirmAssigned(product, bookId, requests.sent);
      const left = await countRedis(redis.url, bookId);
      if (left !== count - pop.sent)
        throw new Error(`Redis has ${left} codes left of ${count}, ${pop.sent} taken`);
      return { findings, measures, notes: [] };
    });
  },
};
