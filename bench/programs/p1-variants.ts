import { addBookToAssign, confirmAssigned, refuseSome } from '../harness/claims.ts';
import { requireCommand } from '../harness/commands.ts';
import { alternate, compare, type Requests, turnOfLoad } from '../harness/measure.ts';
import { type Product, withProduct } from '../harness/product.ts';
import type { Bench, Outcome, Program } from '../program.ts';
import type { Target } from '../statistics.ts';

const CONNECTIONS = [64, 256];

interface Contestant {
  product: Product;
  bookId: string;
  requests: Requests;
}

export const p1PgBouncer: Program = {
  id: 'P1-pgbouncer',
  title: 'assign with PgBouncer (transaction mode) between the server and PostgreSQL, against without',
  async run(bench) {
    requireCommand('pgbouncer', 'pgbouncer');
    return withProduct(bench, {}, async (direct) => {
      const through = await direct.addProduct('bounced', { pgBouncer: true });
      return assignOnBoth(bench, { 'through PgBouncer': through, direct });
    });
  },
};

export const p1Workers: Program = {
  id: 'P1-workers',
  title: 'assign with two server processes on one port (WORKERS=2), against one',
  async run(bench) {
    return withProduct(bench, {}, async (one) => {
      const two = await one.addProduct('shared', { env: { WORKERS: '2' } });
      return assignOnBoth(bench, { 'WORKERS=2': two, 'WORKERS=1': one });
    });
  },
};

export const p1Keys: Program = {
  id: 'P1-keys',
  title: 'assign with an Idempotency-Key in each request, whose answer is stored, against without',
  async run(bench) {
    return withProduct(bench, {}, async (plain) => {
      const keyed = await plain.addProduct('keyed');
      return assignOnBoth(
        bench,
        { 'with keys': keyed, 'without keys': plain },
        {
          target: { atLeast: 0.85 },
          prepare: async ({ requests }) => void (requests.keyed = true),
        },
      );
    });
  },
};

export const p1Refused: Program = {
  id: 'P1-refused',
  title: 'assign while one user in twenty is at the limit of the book and refused, against without',
  async run(bench) {
    return withProduct(bench, {}, async (plain) => {
      const crowded = await plain.addProduct('crowded');
      return assignOnBoth(
        bench,
        { 'with refusals': crowded, 'without refusals': plain },
        {
          prepare: ({ product, bookId, requests }) => refuseSome(product, bookId, requests),
        },
      );
    });
  },
};

/**
 * Assigns on two of the product by turns, which differ in one thing; the second is what the first is compared with.
 * @param prepare makes the first one different
 */
async function assignOnBoth(
  bench: Bench,
  products: Record<string, Product>,
  { prepare, target }: { prepare?: (contestant: Contestant) => Promise<void>; target?: Target } = {},
): Promise<Outcome> {
  const contestants: (Contestant & { name: string })[] = [];
  for (const [name, product] of Object.entries(products)) {
    const { bookId, requests } = await addBookToAssign(bench, product, CONNECTIONS.length);
    contestants.push({ name, product, bookId, requests });
  }
  await prepare?.(contestants[0]!);
  const measures = [];
  const findings = [];
  for (const connections of CONNECTIONS) {
    const extent = { connections, seconds: bench.options.seconds };
    const turns = await alternate(
      bench,
      { setting: `${connections} connections` },
      Object.fromEntries(
        contestants.map(({ name, product, requests }) => [name, () => turnOfLoad(product, requests, extent)]),
      ),
    );
    const [different, plain] = Object.values(turns);
    measures.push(different!, plain!);
    findings.push(compare(different!, plain!, target));
  }
  for (const { product, bookId, requests } of contestants)
    await confirmAssigned(product, bookId, requests.sent - (requests.refused ?? 0));
  return { measures, findings, notes: [] };
}
