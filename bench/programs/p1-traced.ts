import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { addBookToAssign, confirmAssigned } from '../harness/claims.ts';
import { type CollectedSpan, startCollector } from '../harness/collector.ts';
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
      collector.keep();
      await claimAtOnce(product, bookId);
      await claimAtOnce(product, bookId); // Now all connections are open.
      const spans = await untilCollected(collector.spans, 2 * CONNECTIONS);
      mkdirSync(bench.options.out, { recursive: true });
      writeFileSync(join(bench.options.out, 'trace.svg'), drawTrace(spans));

      const [plain, ...others] = Object.values(turns);
      return {
        measures: [plain!, ...others],
        findings: others.map((measure) => ({
          name: `µs of the server, ${measure.name} ÷ ${plain!.name}`,
          values: ratios(measure.details['server µs']!, plain!.details['server µs']!),
        })),
        notes: [`One group of ${CONNECTIONS} claims at once is drawn in trace.svg, from what was exported.`],
      };
    }),
};

async function claimAtOnce({ server, renewTokens }: Product, bookId: string): Promise<void> {
  const tokens = (await renewTokens()).slice(0, CONNECTIONS);
  const answers = await Promise.all(
    tokens.map(async (token) => {
      const response = await fetch(`${server.url}/api/v1/coupons/assign/random`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        body: JSON.stringify({ bookId }),
      });
      await response.text();
      return response.status;
    }),
  );
  if (answers.some((status) => status !== 200)) throw new Error(`answered ${answers.join()}`);
}

/** Spans are exported within 5 seconds of their end. */
async function untilCollected(spans: () => CollectedSpan[], requests: number): Promise<CollectedSpan[]> {
  for (let tries = 0; tries < 300; tries += 1) {
    const all = spans();
    if (all.filter(({ name }) => name === ASSIGN).length >= requests) return all;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the spans were not exported');
}
