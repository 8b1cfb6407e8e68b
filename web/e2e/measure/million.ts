// A book with a million coupons, in a real Chromium: how long its table takes to show, to filter and to search, and whether the
// memory of the tab grows with the pages that were turned. `npm run measure-web million`; `-- --coupons 100000` for fewer.
import type { CDPSession, Page } from '@playwright/test';
import { parseArgs } from 'node:util';
import { startThrowaway } from '../../../api/race/throwaway.ts';
import { type Api, ok, openApi } from '../support/api.ts';
import { launchChromium, signIn, untilSettled } from '../support/browser.ts';

const PAGES = 100;
const ROUNDS = 7;

const { values } = parseArgs({ options: { coupons: { type: 'string', default: '1000000' } } });
const service = await startThrowaway({ nodes: 1 });
try {
  const { url } = service.nodes[0]!;
  const api = await openApi(url, service.admin);
  const bookId = await fillBook(api, Number(values.coupons));
  const browser = await launchChromium(['--enable-precise-memory-info', '--js-flags=--expose-gc']);
  try {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await signIn(page, url, service.admin.email, service.admin.password);
    await measureTable(page, `${url}/books/${bookId}/coupons`);
    await measureMemory(page, await context.newCDPSession(page));
  } finally {
    await browser.close();
  }
} finally {
  await service.remove();
}

/** Every hundredth is somebody's, so that there is something to filter. */
async function fillBook(client: Api, count: number): Promise<string> {
  const book = await ok(client.POST('/api/v1/books', { body: { name: 'A million' } }));
  const path = { id: book.id };
  const started = performance.now();
  let job = await ok(
    client.POST('/api/v1/books/{id}/codes/generate', {
      params: { path },
      headers: { prefer: 'respond-async' },
      body: { count, pattern: 'M-####-####-####' },
    }),
  );
  while (job.status === 'queued' || job.status === 'running') {
    await new Promise((resolve) => setTimeout(resolve, 250));
    job = await ok(client.GET('/api/v1/jobs/{id}', { params: { path: { id: job.id } } }));
  }
  console.log(
    `${count} codes generated in ${((performance.now() - started) / 1000).toFixed(1)} s: ${job.status}`,
  );
  for (let given = 0; given < 100; given += 1)
    await ok(
      client.POST('/api/v1/coupons/assign/random', { body: { bookId: book.id, userId: client.user.id } }),
    );
  return book.id;
}

async function measureTable(page: Page, address: string): Promise<void> {
  const rows = page.locator('tbody tr');
  const report = (what: string, times: number[]) => {
    const sorted = times.toSorted((a, b) => a - b);
    console.log(
      `${what}: median ${ms(sorted[Math.floor(sorted.length / 2)]!)}, slowest ${ms(sorted.at(-1)!)}`,
    );
  };
  const timed = async (act: () => Promise<unknown>, shown: () => Promise<unknown>) => {
    const started = performance.now();
    await act();
    await shown();
    return performance.now() - started;
  };

  const loads: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1)
    loads.push(
      await timed(
        () => page.goto(address),
        () => rows.nth(49).waitFor(),
      ),
    );
  report('the page, from its address to 50 rows', loads);

  const [state, search] = [page.getByRole('combobox', { name: 'State' }), page.getByRole('searchbox')];
  const [filters, clears]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    filters.push(
      await timed(
        () => state.selectOption({ label: 'Assigned' }),
        () => rows.first().getByText('Assigned').waitFor(),
      ),
    );
    clears.push(
      await timed(
        () => state.selectOption({ label: 'Free' }),
        () => rows.first().getByText('Free').waitFor(),
      ),
    );
  }
  report('the filter Assigned (100 of them)', filters);
  report('the filter Free (all others)', clears);
  await state.selectOption('');

  const searches: number[] = [];
  for (const letters of ['A', 'K7', 'Q2', 'ZZ', 'B', 'X9', 'M'])
    searches.push(
      await timed(
        () => search.fill(`M-${letters}`),
        () =>
          page.waitForFunction(
            (text) =>
              [...document.querySelectorAll('tbody tr a')].every((link) =>
                link.textContent!.trim().startsWith(text),
              ),
            `M-${letters}`,
          ),
      ),
    );
  report('the search by the beginning of the code, with the 250 ms that it waits for more letters', searches);
  await search.fill('');
  await untilSettled(page);
}

async function measureMemory(page: Page, session: CDPSession): Promise<void> {
  const next = page.getByRole('button', { name: 'Next' });
  const heap: number[] = [];
  const times: number[] = [];
  const look = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    heap.push(usedSize / 1e6);
  };
  await look();
  for (let turned = 1; turned <= PAGES; turned += 1) {
    const first = await page.locator('tbody tr a').first().textContent();
    const started = performance.now();
    await next.click();
    await page.waitForFunction((text) => document.querySelector('tbody tr a')?.textContent !== text, first);
    times.push(performance.now() - started);
    if (turned % 10 === 0) await look();
  }
  const sorted = times.toSorted((a, b) => a - b);
  console.log(
    `turning a page: median ${ms(sorted[Math.floor(sorted.length / 2)]!)}, slowest ${ms(sorted.at(-1)!)}`,
  );
  console.log(
    `JS heap after each 10 of ${PAGES} pages, MB: ${heap.map((size) => size.toFixed(1)).join(' ')}`,
  );
}

function ms(time: number): string {
  return `${time.toFixed(0)} ms`;
}
