import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { addBookToAssign, confirmAssigned } from '../harness/claims.ts';
import { type CollectedSpan, type Collector, startCollector } from '../harness/collector.ts';
import { alternate, turnOfLoad } from '../harness/measure.ts';
import { type Product, withProduct } from '../harness/product.ts';
import type { Program } from '../program.ts';
import { ratios } from '../statistics.ts';
import { drawTrace } from '../trace-picture.ts';

const CONNECTIONS = 64;
const ASSIGN = 'POST /api/v1/coupons/assign/random';

export const p1Traced: Program = {
  id: 'P1-traced',
  title: 'assign with 1 % and with 100 % of the requests traced, against without traces',
  run: (bench) =>
    withProduct(bench, {}, async (off) => {
      using collector = await startCollector();
      const traced = (share: string) => ({
        env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_TRACES_SAMPLER_ARG: share },
      });
      const products = {
        'without traces': off,
        '1 % traced': await off.addProduct('sampled', traced('0.01')),
        '100 % traced': await off.addProduct('traced', traced('1')),
      };
      const contestants = [];
      for (const [name, product] of Object.entries(products))
        contestants.push({ name, product, ...(await addBookToAssign(bench, product, 1)) });
      const extent = { connections: CONNECTIONS, seconds: bench.options.seconds };
      const turns = await alternate(
        bench,
        { setting: `${CONNECTIONS} connections` },
        Object.fromEntries(
          contestants.map(({ name, product, requests }) => [
            name,
            () => turnOfLoad(product, requests, extent),
          ]),
        ),
      );
      for (const { product, bookId, requests } of contestants)
        await confirmAssigned(product, bookId, requests.sent);

      const { product, bookId } = contestants.at(-1)!;
      mkdirSync(bench.options.out, { recursive: true });
      writeFileSync(
        join(bench.options.out, 'trace.svg'),
        drawTrace(await traceOneGroup(product, bookId, collector)),
      );

      const [plain, ...others] = Object.values(turns);
      return {
        measures: [plain!, ...others],
        findings: others.map((measure) => ({
          name: `µs of the server, ${measure.name} ÷ ${plain!.name}`,
          values: ratios(measure.details['server µs']!, plain!.details['server µs']!),
        })),
        notes: [
          `${CONNECTIONS} claims that had waited for their book are one group: trace.svg, drawn from what was exported.`,
        ],
      };
    }),
};

/** Until all claims that are sent at once have arrived: a group that is stuck for a second does not hold up the next one. */
const ARRIVAL_MS = 500;
const TRIES = 5;

/**
 * Somebody holds the book, one claim waits for it, and the others come meanwhile: when the book is let go, they are the next group.
 * @returns the spans of the first try in which they are all in one
 */
async function traceOneGroup(
  product: Product,
  bookId: string,
  collector: Collector,
): Promise<CollectedSpan[]> {
  const [first, ...tokens] = (await product.renewTokens()).slice(0, CONNECTIONS + 1);
  const claim = (token: string) => claimWith(product, bookId, token);
  await Promise.all(tokens.map(claim)); // Now all connections are open.
  for (let tries = 0; tries < TRIES; tries += 1) {
    collector.keep();
    await product.sql.query('BEGIN');
    await product.sql.query('SELECT FROM books WHERE id = $1 FOR UPDATE', [bookId]);
    const waiting = claim(first!);
    await untilBlocked(product);
    const claims = Promise.all(tokens.map(claim));
    await delay(ARRIVAL_MS);
    await product.sql.query('COMMIT');
    await Promise.all([waiting, claims]);
    const spans = await untilCollected(collector.spans, CONNECTIONS + 1);
    if (spans.some(({ name, links }) => name === 'coupon group' && links?.length === CONNECTIONS))
      return spans;
  }
  throw new Error(`in ${TRIES} tries no group had all ${CONNECTIONS} claims`);
}

async function claimWith({ server }: Product, bookId: string, token: string): Promise<void> {
  const response = await fetch(`${server.url}/api/v1/coupons/assign/random`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ bookId }),
  });
  const answer = await response.text();
  if (response.status !== 200) throw new Error(`a claim was answered ${response.status}: ${answer}`);
}

/** A session of this database waits for what ours holds. */
async function untilBlocked({ sql }: Product): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { rowCount } = await sql.query(
      'SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))',
    );
    if (rowCount) return;
    await delay(10);
  }
  throw new Error('no claim waits for the book');
}

/** Spans are exported within 5 seconds of their end. */
async function untilCollected(spans: () => CollectedSpan[], requests: number): Promise<CollectedSpan[]> {
  for (let tries = 0; tries < 300; tries += 1) {
    const all = spans();
    if (all.filter(({ name }) => name === ASSIGN).length >= requests) return all;
    await delay(100);
  }
  throw new Error('the spans were not exported');
}
