import type { CDPSession, Page } from '@playwright/test';
import pg from 'pg';
import { startThrowaway, type Throwaway } from '../../../api/race/throwaway.ts';
import { buildWebWhenStale } from '../../../scripts/web.ts';
import { launchChromium, signIn, untilSettled } from '../support/browser.ts';

const COUPONS = 1_000_000;
const NAME = 'A million coupons';
const PAGES = 200;
const PAGES_PER_LOOK = 50;
/** Longer than this, people notice that they wait. */
const NOTICEABLE_MS = 300;

/** The states as the API and as the page names them. */
const STATES = { UNASSIGNED: 'Free', ASSIGNED: 'Assigned', LOCKED: 'Locked', REDEEMED: 'Redeemed' };

/** What each thing took, in ms from the act until what it asked for is on the screen. */
const seen = new Map<string, number[]>();

/** The pages, filters and searches of a book of a million coupons in a browser: how long each takes, and what the tab comes to need. */
export async function measureMillion(): Promise<void> {
  await buildWebWhenStale();
  console.log(`adding ${COUPONS} coupons in four states`);
  const service = await startThrowaway({ nodes: 1 });
  const browser = await launchChromium();
  try {
    const id = await addBook(service);
    const { url } = service.nodes[0]!;
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
    const page = await context.newPage();
    await signIn(page, url, service.admin.email, service.admin.password);
    await untilSettled(page);
    await measurePages(page, `${url}/books/${id}`);
  } finally {
    await browser.close();
    await service.remove();
  }
}

/** Straight into the database, so that all states have many. */
async function addBook({ databaseUrl }: Throwaway): Promise<string> {
  const sql = new pg.Client(databaseUrl);
  await sql.connect();
  const { rows } = await sql.query<{ id: string }>(
    `INSERT INTO books (name, lock_ttl_seconds) VALUES ('${NAME}', 86400) RETURNING id`,
  );
  const { id } = rows[0]!;
  await sql.query(
    `INSERT INTO coupons (book_id, code, state, assigned_user_id, assigned_at, locked_by_user_id, locked_at, lock_expires_at,
                          redeemed_at, redemption_count)
     SELECT $1, 'MILLION-' || lpad(n::text, 7, '0'), state, CASE WHEN given THEN owner END, CASE WHEN given THEN now() END,
            CASE WHEN locked THEN owner END, CASE WHEN locked THEN now() END, CASE WHEN locked THEN now() + interval '1 day' END,
            CASE WHEN redeemed THEN now() END, redeemed::int
     FROM (SELECT id AS owner FROM users LIMIT 1) u, generate_series(1, $2::int) AS n,
          LATERAL (SELECT (enum_range(NULL::coupon_state))[1 + n % 4] AS state) s,
          LATERAL (SELECT state <> 'UNASSIGNED' AS given, state = 'LOCKED' AS locked, state = 'REDEEMED' AS redeemed) is_`,
    [id, COUPONS],
  );
  await sql.query(`INSERT INTO book_user_counters SELECT book_id, assigned_user_id, count(*) FROM coupons
                   WHERE assigned_user_id IS NOT NULL GROUP BY 1, 2`);
  await sql.query('VACUUM ANALYZE');
  await sql.end();
  return id;
}

async function measurePages(page: Page, address: string): Promise<void> {
  await page.addInitScript(() => {
    const note = ({ timeStamp }: Event) => (window.actedAt ??= timeStamp);
    for (const act of ['click', 'input', 'change']) window.addEventListener(act, note, { capture: true });
  });
  const memory = await watchMemory(page);
  await page.goto(`${address}/codes`);
  await untilSettled(page);
  const tabs = page.getByRole('navigation', { name: 'Parts of the book' });
  const tab = (name: string) => () => tabs.getByRole('link', { name, exact: true }).click();
  const state = page.getByLabel('State', { exact: true });
  const search = page.getByRole('searchbox');
  for (let round = 1; round <= 5; round += 1) {
    await measure(page, 'overview of the book', tab('Overview'), { text: '1,000,000' });
    await measure(page, 'its coupons', tab('Coupons'), { rows: 50 });
    for (const [value, word] of Object.entries(STATES))
      await measure(page, `state ${word}`, () => state.selectOption(value), { rows: 50, state: word });
    await state.selectOption('');
    const searchFor = (name: string, code: string, shown: Shown) =>
      measure(page, name, () => search.fill(code), shown);
    const code = `MILLION-05${round}1234`;
    await searchFor('search for one code', code, { rows: 1, prefix: code });
    const prefix = `MILLION-0${round}`;
    await searchFor('search for the beginning of 100,000', prefix, { rows: 50, prefix });
    await searchFor('search for nothing', `NO-SUCH-${round}`, { text: 'Nothing found' });
    await search.fill('');
  }
  await untilShown(page, { rows: 50 });
  console.log(`before pages are turned: ${await memory()}`);
  const next = page.getByRole('button', { name: 'Next' });
  for (let number = 2; number <= PAGES; number += 1) {
    await measure(page, 'next page', () => next.click(), { rows: 50, page: number });
    if (number % PAGES_PER_LOOK === 0) console.log(`on page ${number}: ${await memory()}`);
  }
  for (const [name, times] of seen) {
    const sorted = times.toSorted((a, b) => a - b);
    const [median, worst] = [sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!];
    const verdict = median > NOTICEABLE_MS ? ', NOTICEABLE' : '';
    console.log(
      `${name}: ${median.toFixed(0)} ms, at most ${worst.toFixed(0)} (${sorted.length} times)${verdict}`,
    );
  }
  console.log('A search waits 200 ms for the next letter before it asks, which is part of its time.');
}

/** What is on the screen when an act has done what it was to do. */
interface Shown {
  rows?: number;
  /** Of all rows. */
  state?: string;
  /** What the codes of all rows begin with. */
  prefix?: string;
  page?: number;
  /** Anywhere on the page. */
  text?: string;
}

declare global {
  interface Window {
    /** When the person acted, by the page's own clock. */
    actedAt?: number;
  }
}

/** From the event of the act to the first frame that shows what it asked for, both by the clock of the page. */
async function measure(page: Page, name: string, act: () => Promise<unknown>, shown: Shown): Promise<void> {
  await page.evaluate(() => delete window.actedAt);
  await act();
  const at = await untilShown(page, shown);
  const times = seen.get(name) ?? [];
  times.push(at - (await page.evaluate(() => window.actedAt!)));
  seen.set(name, times);
}

async function untilShown(page: Page, shown: Shown): Promise<number> {
  const handle = await page.waitForFunction(
    ({ rows: count, state, prefix, page: number, text }) => {
      const main = document.querySelector('main')!;
      if (main.querySelector('[aria-busy="true"]')) return undefined;
      const rows = [...main.querySelectorAll<HTMLTableRowElement>('.data-table tbody tr')];
      const isShown =
        (count === undefined || rows.length === count) &&
        (state === undefined || rows.every(({ cells }) => cells[1]!.innerText.includes(state))) &&
        (prefix === undefined || rows.every(({ cells }) => cells[0]!.innerText.startsWith(prefix))) &&
        (number === undefined || main.innerText.includes(`Page ${number.toLocaleString('en')}`)) &&
        (text === undefined || main.innerText.includes(text));
      return isShown ? performance.now() : undefined;
    },
    shown,
    { polling: 'raf' },
  );
  return (await handle.jsonValue())!;
}

/** What the tab needs after a collection of its garbage. */
async function watchMemory(page: Page): Promise<() => Promise<string>> {
  const session: CDPSession = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const of = (metric: string) => metrics.find(({ name }) => name === metric)!.value;
    return `${(of('JSHeapUsedSize') / 1e6).toFixed(1)} MB of JavaScript heap, ${of('Nodes')} DOM nodes`;
  };
}
