import { beginEmpty, confirmCount, makeCodes, turnOfWork } from '../harness/bulk.ts';
import {
  addBookToAssign,
  assignRandom,
  confirmAssigned,
  confirmEvents,
  couponsFor,
  generateCoupons,
  noop,
  refuseSome,
} from '../harness/claims.ts';
import { runJob } from '../harness/jobs.ts';
import type { LoadWork } from '../harness/load.ts';
import { type Requests, type Turn, turnOfLoad, WARM_UPS } from '../harness/measure.ts';
import type { Product } from '../harness/product.ts';
import { addBook, addCoupons, addPool, settleDown } from '../harness/stage.ts';
import type { Bench } from '../program.ts';

/** One thing that a product does by turns with another of the product. */
export interface Work {
  turn: (isWarmUp: boolean) => Promise<Turn>;
  /** Of the value of a turn: requests per second, or seconds. */
  unit: '/s' | 's';
  warmUps: number;
}

/** What any two of the product can be compared by: of two commits, or with two settings. */
export interface Contest {
  id: string;
  title: string;
  /** Needs the routes beside the product, such as the no-op. */
  rivals?: boolean;
  /** Prepares the product, which has an empty database. */
  open: (
    bench: Bench,
    product: Product,
  ) => Promise<{ works: Record<string, Work>; confirm: () => Promise<void> }>;
}

const CONNECTIONS = [64, 256];
/** A server that has been warmed up by the work before. */
const WARM = 2;
/** Claims after a checkpoint, each of which logs pages that the ones before it have not touched. */
const CLAIMS_AFTER_CHECKPOINT = 10_000;
const PER_USER = 10;

/** The same requests with each number of connections. */
function loads(bench: Bench, product: Product, name: string, requests: Requests, isWarm = false) {
  return Object.fromEntries(
    CONNECTIONS.map((connections, index): [string, Work] => [
      `${name}, ${connections} connections`,
      {
        unit: '/s',
        warmUps: isWarm || index > 0 ? WARM : WARM_UPS,
        turn: () => turnOfLoad(product, requests, { connections, seconds: bench.options.seconds }),
      },
    ]),
  );
}

async function openAssign(
  bench: Bench,
  product: Product,
  { refused = false, ...more }: Partial<LoadWork> & { refused?: boolean } = {},
) {
  const { bookId, requests } = await addBookToAssign(bench, product, CONNECTIONS.length);
  if (refused) await refuseSome(product, bookId, requests);
  Object.assign(requests, more);
  return {
    works: loads(bench, product, 'assign', requests),
    confirm: () => confirmAssigned(product, bookId, requests.sent - (requests.refused ?? 0)),
  };
}

export const contests: readonly Contest[] = [
  {
    id: 'P1',
    title: 'assign a random coupon, and the authenticated no-op',
    rivals: true,
    async open(bench, product) {
      const assign = await openAssign(bench, product);
      return { ...assign, works: { ...loads(bench, product, 'no-op', noop()), ...assign.works } };
    },
  },
  {
    id: 'P1-refused',
    title: 'assign while one user in twenty is at the limit of the book and refused',
    open: (bench, product) => openAssign(bench, product, { refused: true }),
  },
  {
    id: 'P1-keys',
    title: 'assign with an Idempotency-Key in each request, whose answer is stored',
    open: (bench, product) => openAssign(bench, product, { keyed: true }),
  },
  { id: 'P2', title: 'lock, and redeem', open: openLockAndRedeem },
  {
    id: 'P6-wal',
    title: `assign ${CLAIMS_AFTER_CHECKPOINT} coupons out of many, right after a checkpoint`,
    open: openAfterCheckpoint,
  },
  {
    id: 'P8',
    title: 'upload of codes as CSV',
    open: (bench, product) =>
      openFilling(bench, product, 'upload', (codes) => Buffer.from(`code\n${codes.join('\n')}\n`)),
  },
  {
    id: 'P9',
    title: 'generation of codes from a pattern',
    open: (bench, product) =>
      openFilling(bench, product, 'generate', ({ length: count }) => ({ count, pattern: '####-####-####' })),
  },
  { id: 'P10', title: 'distribution of a book to a pool, ten coupons for each user', open: openDistribute },
];

export async function openAfterCheckpoint(bench: Bench, product: Product) {
  const { rows } = bench.options;
  bench.log(`generating ${rows} coupons`);
  const bookId = await addBook(product.sql, 'checkpoint');
  await generateCoupons(product, bookId, rows);
  await settleDown(product.sql);
  const requests = assignRandom(bookId);
  const count = Math.min(CLAIMS_AFTER_CHECKPOINT, Math.floor(rows / (bench.options.rounds + WARM)));
  const turn = async () => {
    await product.sql.query('CHECKPOINT');
    return turnOfLoad(product, requests, { connections: 64, count });
  };
  return {
    works: { [`assign ${count} out of ${rows}`]: { unit: '/s' as const, warmUps: WARM, turn } },
    confirm: () => confirmAssigned(product, bookId, requests.sent),
  };
}

async function openLockAndRedeem(bench: Bench, product: Product) {
  const { sql, users: owners } = product;
  const count = couponsFor(bench, 2);
  bench.log(`adding ${count} coupons to lock and ${count} to redeem`);
  const bookId = await addBook(sql, 'lock and redeem');
  await addCoupons(sql, { bookId, prefix: 'L-', count, owners, state: 'ASSIGNED' });
  await addCoupons(sql, { bookId, prefix: 'R-', count, owners, state: 'LOCKED' });
  await settleDown(sql);
  const command = (path: string): Requests => ({ method: 'POST', path, body: '{}', sent: 0 });
  const lock = command('/api/v1/coupons/lock/L-{n}');
  const redeem = command('/api/v1/coupons/redeem/R-{n}');
  return {
    works: { ...loads(bench, product, 'lock', lock), ...loads(bench, product, 'redeem', redeem) },
    async confirm() {
      await confirmCount(sql, bookId, 'REDEEMED', redeem.sent);
      await confirmCount(sql, bookId, 'LOCKED', lock.sent + count - redeem.sent);
      await confirmEvents(product, bookId, lock.sent + redeem.sent);
    },
  };
}

async function openFilling(
  bench: Bench,
  product: Product,
  name: 'upload' | 'generate',
  bodyOf: (codes: string[]) => object | Buffer,
) {
  const { sql } = product;
  const { rows } = bench.options;
  const bookId = await addBook(sql, name);
  const all = [...makeCodes(rows)];
  const turn = async (isWarmUp: boolean) => {
    const codes = isWarmUp ? all.slice(0, rows / 10) : all;
    await beginEmpty(sql);
    const body = bodyOf(codes);
    const measured = await turnOfWork(
      product,
      async () => void (await runJob(product, `books/${bookId}/codes/${name}`, body)),
    );
    await confirmCount(sql, bookId, 'UNASSIGNED', codes.length);
    return measured;
  };
  return {
    works: { [`${name} ${rows} codes`]: { unit: 's' as const, warmUps: 1, turn } },
    confirm: async () => {},
  };
}

async function openDistribute(bench: Bench, product: Product) {
  const { sql } = product;
  const { rows } = bench.options;
  const bookId = await addBook(sql, 'distribute');
  const pools = { warmUp: await addPool(sql, rows / 100), all: await addPool(sql, rows / 10) };
  const turn = async (isWarmUp: boolean) => {
    const count = isWarmUp ? rows / 10 : rows;
    await beginEmpty(sql);
    await generateCoupons(product, bookId, count);
    await settleDown(sql);
    const poolId = isWarmUp ? pools.warmUp : pools.all;
    const measured = await turnOfWork(
      product,
      async () =>
        void (await runJob(product, `pools/${poolId}/distribute`, {
          bookId,
          mode: 'equal',
          perUser: PER_USER,
        })),
    );
    await confirmAssigned(product, bookId, count);
    return measured;
  };
  return {
    works: { [`distribute ${rows} coupons`]: { unit: 's' as const, warmUps: 1, turn } },
    confirm: async () => {},
  };
}
