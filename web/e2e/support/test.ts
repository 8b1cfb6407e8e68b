import { type BrowserContext, expect, type Page, test as base } from '@playwright/test';
import type { Account } from './api.ts';
import { type TestServer, withServer } from './server.ts';
import { type Faults, watchFaults } from './faults.ts';
import { PHONE } from './pages.ts';

export { expect };

export interface OpenOptions {
  /** The page to go to; none by default. */
  at?: string;
  phone?: boolean;
  dark?: boolean;
  language?: 'en' | 'es';
  /** Another server than the worker's. */
  server?: TestServer;
  /** A page in the context that this worker keeps for who is given: it starts in half the time, with what the last one cached. For tests that change nothing of the context: they do not sign out, and leave its clock and network alone. */
  kept?: boolean;
}

interface Fixtures {
  /** A browser of somebody's own: a context that shares nothing with others. Signed in, unless nobody is given. */
  open: (who: Account | null, options?: OpenOptions) => Promise<Page>;
  noFaults: void;
  /** A server of this test's own, to kill, or with nothing in it. */
  ownServer: TestServer;
}

interface WorkerFixtures {
  server: TestServer;
  /** What must not happen on any page of a test. */
  faults: Faults;
  /** Contexts that are kept, by who is signed in where, and how they look. */
  keptContexts: Map<string, BrowserContext>;
}

export const test = base.extend<Fixtures, WorkerFixtures>({
  server: [({}, use) => withServer(use), { scope: 'worker' }],

  ownServer: async ({}, use) => withServer(use),

  faults: [({}, use) => use(watchFaults()), { scope: 'worker' }],

  noFaults: [
    async ({ faults }, use, testInfo) => {
      faults.begin();
      await use();
      if (testInfo.status === testInfo.expectedStatus)
        expect(faults.found(), 'faults in the browser').toEqual([]);
    },
    { auto: true },
  ],

  keptContexts: [
    async ({}, use) => {
      const contexts = new Map<string, BrowserContext>();
      await use(contexts);
      await Promise.all([...contexts.values()].map((context) => context.close()));
    },
    { scope: 'worker' },
  ],

  open: async ({ browser, playwright, server, faults, keptContexts }, use) => {
    const opened: (BrowserContext | Page)[] = [];

    async function openContext(
      who: Account | null,
      url: string,
      { phone, dark, language = 'en' }: OpenOptions,
    ): Promise<BrowserContext> {
      const context = await browser.newContext({
        baseURL: url,
        storageState: who ? await sessionOf(playwright.request, url, who) : undefined,
        colorScheme: dark ? 'dark' : 'light',
        locale: language === 'es' ? 'es-ES' : 'en-GB',
        permissions: ['clipboard-read', 'clipboard-write'],
        ...(phone && { viewport: PHONE, hasTouch: true, isMobile: true }),
      });
      await faults.watch(context, url);
      return context;
    }

    await use(async (who, options: OpenOptions = {}) => {
      const { url } = options.server ?? server;
      const { phone, dark, language } = options;
      const key = JSON.stringify([who?.email, url, phone, dark, language]);
      const context = (options.kept && keptContexts.get(key)) || (await openContext(who, url, options));
      if (options.kept) keptContexts.set(key, context);
      else opened.push(context);
      const page = await context.newPage();
      if (options.kept) opened.push(page);
      if (options.at !== undefined) await page.goto(options.at);
      return page;
    });
    for (const one of opened) {
      // A route that is still at work would fail the test once its page is gone.
      for (const page of 'pages' in one ? one.pages() : [one])
        await page.unrouteAll({ behavior: 'ignoreErrors' });
      await one.close();
    }
  },
});

/** What a browser keeps of somebody who signed in earlier: the cookie of the session, and the app's hint that there is one. */
async function sessionOf(
  request: {
    newContext: (options: { baseURL: string }) => Promise<import('@playwright/test').APIRequestContext>;
  },
  url: string,
  { email, password }: Account,
) {
  const client = await request.newContext({ baseURL: url });
  const answer = await client.post('/api/v1/auth/login', { data: { email, password } });
  expect(answer.status(), 'signing in').toBe(200);
  const { cookies } = await client.storageState();
  await client.dispose();
  const localStorage = [{ name: 'coupon-book.signed-in', value: '1' }];
  return { cookies, origins: [{ origin: url, localStorage }] };
}
