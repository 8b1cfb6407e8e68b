import type pg from 'pg';
import { addBookToAssign, confirmAssigned, couponsFor } from '../harness/claims.ts';
import { requireCommand } from '../harness/commands.ts';
import { alternate, compare, targetByFlush, turnOfLoad } from '../harness/measure.ts';
import { turnOfPgbench } from '../harness/pgbench.ts';
import { withProduct } from '../harness/product.ts';
import { addBook, addCoupons, settleDown } from '../harness/stage.ts';
import type { Program } from '../program.ts';
import { stockTable } from '../rivals/stock.ts';

const CLIENTS = 64;
/** Its turns are longer by the time to connect, and it claims faster than the product. */
const PGBENCH_TAKES = 3;

export const p3: Program = {
  id: 'P3',
  hangsOnFlush: true,
  title: 'assign over HTTP, against pgbench without any HTTP: a claim per transaction',
  async run(bench) {
    requireCommand('pgbench', 'postgresql-contrib');
    return withProduct(bench, {}, async (product) => {
      const { sql, databaseUrl, databasePid } = product;
      const { seconds } = bench.options;
      const { bookId, requests } = await addBookToAssign(bench, product, 1);
      const book = await addBook(sql, 'pgbench');
      const count = couponsFor(bench, 1) * PGBENCH_TAKES;
      await addCoupons(sql, { bookId: book, prefix: 'P-', count });
      await stockTable(databaseUrl, book, count);
      await settleDown(sql);

      const turnOf = async (script: string, taken: string) => {
        const run = { script, databaseUrl, databasePid, clients: CLIENTS, seconds, variables: { book } };
        const before = await countRows(sql, taken, book);
        const turn = await turnOfPgbench(run);
        const claimed = (await countRows(sql, taken, book)) - before;
        if (claimed !== turn.transactions)
          throw new Error(`${script}: ${turn.transactions} transactions claimed ${claimed} coupons`);
        return turn;
      };
      const turns = await alternate(
        bench,
        { setting: `${CLIENTS} connections` },
        {
          pgbench: () => turnOf('claim.pgbench.sql', 'rivals.coupons WHERE user_id IS NOT NULL'),
          "pgbench on the product's table": () =>
            turnOf('claim-product-table.pgbench.sql', "coupons WHERE state = 'ASSIGNED'"),
          assign: () => turnOfLoad(product, requests, { connections: CLIENTS, seconds }),
        },
      );
      await confirmAssigned(product, bookId, requests.sent);
      return {
        measures: Object.values(turns),
        findings: [
          compare(turns.assign, turns.pgbench, targetByFlush(bench, { fast: 1, slow: 3 })),
          compare(turns.assign, turns["pgbench on the product's table"]),
        ],
        notes: [],
      };
    });
  },
};

async function countRows(sql: pg.Client, from: string, book: string): Promise<number> {
  const { rows } = await sql.query<{ count: string }>(`SELECT count(*) FROM ${from} AND book_id = $1`, [
    book,
  ]);
  return Number(rows[0]!.count);
}
