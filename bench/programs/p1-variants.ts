import { addBookToAssign, confirmAssigned } from '../harness/claims.ts';
import { requireCommand } from '../harness/commands.ts';
import { alternate, compare, turnOfLoad } from '../harness/measure.ts';
import type { LoadWork } from '../harness/load.ts';
import { type Product, withProduct } from '../harness/product.ts';
import type { Bench, Outcome, Program } from '../program.ts';

const CONNECTIONS = [64, 256];

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
      return assignOnBoth(bench, { 'with keys': keyed, 'without keys': plain }, (name) =>
        name === 'with keys' ? { keyed: true } : {},
      );
    });
  },
};

/**
 * Assigns on two of the product by turns, which differ in one thing; the second is what the first is compared with.
 * @param more what is different in the requests to one of them
 */
async function assignOnBoth(
  bench: Bench,
  products: Record<string, Product>,
  more: (name: string) => Partial<LoadWork> = () => ({}),
): Promise<Outcome> {
  const contestants = [];
  for (const [name, product] of Object.entries(products)) {
    const { bookId, requests } = await addBookToAssign(bench, product, CONNECTIONS.length);
    contestants.push({ name, product, bookId, requests: Object.assign(requests, more(name)) });
  }
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
    findings.push(compare(different!, plain!));
  }
  for (const { product, bookId, requests } of contestants)
    await confirmAssigned(product, bookId, requests.sent);
  return { measures, findings, notes: [] };
}
