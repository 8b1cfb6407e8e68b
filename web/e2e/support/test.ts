import { type BrowserContext, expect, type Page, test as base } from '@playwright/test';
import type { Account } from './api.ts';
import { type TestServer, withServer } from './server.ts';
import { type Faults, watchFaults } from './faults.ts';

export { expect };

const PHONE = { width: 360, height: 740 };

export interface OpenOptions {
  /** The page to go to; none by default. */
  at?: string;
  phone?: boolean;
  dark?: boolean;
  language?: 'en' | 'es';
  /** Another server than the worker's. */
  server?: TestServer;
}

interface Fixtures {
  /** A browser of somebody's own: a context that shares nothing with others. Signed in, unless nobody is given. */
  open: (who: Account | null, options?: OpenOptions) => Promise<Page>;
  /** What must not happen on any page of the test. */
  faults: Faults;
  /** A server of this test's own, to kill, or with nothing in it. */
  ownServer: TestServer;
}

export const test = base.extend<Fixtures, { server: TestServer }>({
  server: [({}, use) => withServer(use), { scope: 'worker' }],

  ownServer: async ({}, use) => withServer(use),

  faults: [
    async ({}, use, testInfo) => {
      const faults = watchFaults();
      await use(faults);
      if (testInfo.status === testInfo.expectedStatus)
        expect(faults.found(), 'faults in the browser').toEqual([]);
    },
    { auto: true },
  ],

  open: async ({ browser, playwright, server, faults }, use) => {
    const contexts: BrowserContext[] = [];
    await use(async (who, { at, phone, dark, language = 'en', server: other }: OpenOptions = {}) => {
      const { url } = other ?? server;
      const context = await browser.newContext({
        baseURL: url,
        storageState: who ? await sessionOf(playwright.request, url, who) : undefined,
        colorScheme: dark ? 'dark' : 'light',
        locale: language === 'es' ? 'es-ES' : 'en-GB',
        permissions: ['clipboard-read', 'clipboard-write'],
        ...(phone && { viewport: PHONE, hasTouch: true, isMobile: true }),
      });
      contexts.push(context);
      await faults.watch(context, url);
      const page = await context.newPage();
      if (at !== undefined) await page.goto(at);
      return page;
    });
    await Promise.all(contexts.map((context) => context.close()));
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
