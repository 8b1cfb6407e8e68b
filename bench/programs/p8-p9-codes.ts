import { beginEmpty, confirmCount, copyCodes, makeCodes, turnOfWork } from '../harness/bulk.ts';
import { runJob } from '../harness/jobs.ts';
import { alternate, compare } from '../harness/measure.ts';
import { type Product, withProduct } from '../harness/product.ts';
import { addBook } from '../harness/stage.ts';
import type { Bench, Outcome, Program } from '../program.ts';

const MOST_MEMORY_MB = 250;

export const p8: Program = {
  id: 'P8',
  title: 'upload of codes as CSV until they are stored and counted, against COPY into the same table',
  run: (bench) =>
    againstCopy(bench, 'upload', async (product, bookId, codes) => {
      const file = Buffer.from(`code\n${codes.join('\n')}\n`);
      return () => runJob(product, `books/${bookId}/codes/upload`, file);
    }),
};

export const p9: Program = {
  id: 'P9',
  title: 'generation of codes from a pattern, against COPY of as many into the same table',
  run: (bench) =>
    againstCopy(
      bench,
      'generate',
      async (product, bookId, { length: count }) =>
        () =>
          runJob(product, `books/${bookId}/codes/generate`, { count, pattern: '####-####-####' }),
    ),
};

/** @param prepare makes what is sent, outside of what is timed */
function againstCopy(
  bench: Bench,
  name: 'upload' | 'generate',
  prepare: (product: Product, bookId: string, codes: string[]) => Promise<() => Promise<object>>,
): Promise<Outcome> {
  return withProduct(bench, {}, async (product) => {
    const { sql } = product;
    const bookId = await addBook(sql, name);
    const all = [...makeCodes(bench.options.rows)];
    const turn = async (isWarmUp: boolean, use: (codes: string[]) => Promise<() => Promise<unknown>>) => {
      const codes = isWarmUp ? all.slice(0, all.length / 10) : all;
      await beginEmpty(sql);
      const work = await use(codes);
      const measured = await turnOfWork(product, async () => void (await work()));
      await confirmCount(sql, bookId, 'UNASSIGNED', codes.length);
      return measured;
    };
    const turns = await alternate(
      bench,
      { setting: `${bench.options.rows} codes`, unit: 's', warmUps: 1 },
      {
        COPY: (isWarmUp) => turn(isWarmUp, async (codes) => () => copyCodes(sql, bookId, codes)),
        [name]: (isWarmUp: boolean) => turn(isWarmUp, (codes) => prepare(product, bookId, codes)),
      },
    );
    const ours = turns[name]!;
    const memory = {
      name: `memory of the server, ${name}`,
      values: ours.details['server peak MB']!,
      unit: 'MB',
      target: { atMost: MOST_MEMORY_MB },
    };
    return {
      measures: Object.values(turns),
      findings: [compare(ours, turns.COPY!, { atMost: 1.4 }), memory],
      notes: [],
    };
  });
}
