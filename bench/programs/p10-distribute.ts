import { beginEmpty, confirmCount, turnOfWork } from '../harness/bulk.ts';
import { confirmAssigned } from '../harness/claims.ts';
import { runJob } from '../harness/jobs.ts';
import { alternate, compare } from '../harness/measure.ts';
import { withProduct } from '../harness/product.ts';
import { addBook, addCoupons, addPool, settleDown } from '../harness/stage.ts';
import type { Program } from '../program.ts';

const PER_USER = 10;

/**
 * The rival: one statement that gives every user of the pool ten coupons. Reviewed: coupons in the order of their random keys, as the
 * product gives them; no limit is looked at, no event is written, no counter kept.
 */
const GIVE = `
  UPDATE coupons SET state = 'ASSIGNED', assigned_user_id = given.user_id, assigned_at = clock_timestamp(), updated_at = clock_timestamp()
  FROM (SELECT id, user_id
        FROM (SELECT id, row_number() OVER (ORDER BY random_key) - 1 AS n FROM coupons
              WHERE book_id = $1 AND state = 'UNASSIGNED') free
        JOIN (SELECT user_id, row_number() OVER (ORDER BY user_id) - 1 AS n FROM pool_users WHERE pool_id = $2) member
          ON member.n = free.n / ${PER_USER}) given
  WHERE coupons.id = given.id`;

export const p10: Program = {
  id: 'P10',
  title:
    'distribution of a book to a pool, ten coupons for each user, with limits and events, against one UPDATE … FROM of as many rows',
  run: (bench) =>
    withProduct(bench, {}, async (product) => {
      const { sql } = product;
      const { rows } = bench.options;
      const bookId = await addBook(sql, 'distribute');
      const pools = { warmUp: await addPool(sql, rows / 100), all: await addPool(sql, rows / 10) };
      const sizeOf = (isWarmUp: boolean) => (isWarmUp ? rows / 10 : rows);
      const turn = async (isWarmUp: boolean, give: (poolId: string) => Promise<unknown>) => {
        const count = sizeOf(isWarmUp);
        await beginEmpty(sql);
        await addCoupons(sql, { bookId, prefix: 'D-', count });
        await settleDown(sql);
        const measured = await turnOfWork(
          product,
          async () => void (await give(isWarmUp ? pools.warmUp : pools.all)),
        );
        await confirmCount(sql, bookId, 'ASSIGNED', count);
        return measured;
      };
      const turns = await alternate(
        bench,
        { setting: `${rows} coupons to ${rows / PER_USER} users`, unit: 's', warmUps: 1 },
        {
          'UPDATE … FROM': (isWarmUp) => turn(isWarmUp, (poolId) => sql.query(GIVE, [bookId, poolId])),
          async distribute(isWarmUp) {
            const measured = await turn(isWarmUp, (poolId) =>
              runJob(product, `pools/${poolId}/distribute`, { bookId, mode: 'equal', perUser: PER_USER }),
            );
            await confirmAssigned(product, bookId, sizeOf(isWarmUp));
            return measured;
          },
        },
      );
      return {
        measures: Object.values(turns),
        findings: [compare(turns.distribute, turns['UPDATE … FROM'], { atMost: 2 })],
        notes: [],
      };
    }),
};
