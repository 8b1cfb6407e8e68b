import { addBookToAssign, confirmAssigned, couponsFor } from '../harness/claims.ts';
import { alternate, compare, targetByFlush, turnOfLoad, WARM_UPS } from '../harness/measure.ts';
import { withProduct } from '../harness/product.ts';
import { settleDown } from '../harness/stage.ts';
import type { Program } from '../program.ts';
import { claimFrom } from '../rivals/requests.ts';
import { stockBoss, stockTable } from '../rivals/stock.ts';

const CONNECTIONS = 64;
/** A job's row is five times as wide, and fetch is slow: it does not need as many. */
const JOBS_PER_SECOND = 6_000;

export const p4: Program = {
  id: 'P4',
  hangsOnFlush: true,
  title:
    "assign, against other ways to do it in PostgreSQL behind the same server: the brief's algorithm, one guarded UPDATE, a job queue",
  run: (bench) =>
    withProduct(bench, { rivals: true }, async (product) => {
      const { options } = bench;
      const { bookId, requests } = await addBookToAssign(bench, product, 1);
      await stockTable(product.databaseUrl, bookId, couponsFor(bench, 1));
      await stockBoss(
        product.databaseUrl,
        bookId,
        (options.rounds + WARM_UPS) * options.seconds * JOBS_PER_SECOND,
      );
      await settleDown(product.sql);
      const extent = { connections: CONNECTIONS, seconds: options.seconds };
      const rival = (name: string) => {
        const claims = claimFrom(name, bookId);
        return () => turnOfLoad(product, claims, extent);
      };
      const turns = await alternate(
        bench,
        { setting: `${CONNECTIONS} connections` },
        {
          "the brief's algorithm": rival('brief'),
          'guarded UPDATE': rival('guarded'),
          'pg-boss fetch': rival('boss'),
          assign: () => turnOfLoad(product, requests, extent),
        },
      );
      await confirmAssigned(product, bookId, requests.sent);
      return {
        measures: Object.values(turns),
        findings: [
          compare(turns.assign, turns["the brief's algorithm"], targetByFlush(bench, { fast: 8, slow: 12 })),
          compare(turns.assign, turns['guarded UPDATE']),
          compare(turns.assign, turns['pg-boss fetch']),
        ],
        notes: [],
      };
    }),
};
