import { expect, type Page } from '@playwright/test';
import { type Account, ok } from './api.ts';
import { asPerson, endOf, giveCoupon, makeBook, makePerson, type Person, unique } from './scene.ts';
import type { TestServer } from './server.ts';

/** One of everything, so that every page has something on it. */
export interface Scene {
  admin: Account;
  user: Person;
  bookId: string;
  poolId: string;
  jobId: string;
  code: string;
  webhookId: string;
}

/** The addresses of the pages for who is signed in. */
export const USER_PAGES = ['/coupons', '/coupons/:code', '/account'] as const;
export const ADMIN_PAGES = [
  '/overview',
  '/books',
  '/books/new',
  '/books/:id',
  '/books/:id/coupons',
  '/books/:id/codes',
  '/books/:id/distribute',
  '/books/:id/settings',
  '/pools',
  '/pools/:id',
  '/distribute',
  '/jobs',
  '/jobs/:id',
  '/history/redemptions',
  '/history/events',
  '/users',
  '/doctor',
  '/webhooks',
  '/webhooks/:id',
] as const;

export function addressOf(path: string, { bookId, poolId, jobId, code, webhookId }: Scene): string {
  return path
    .replace('/books/:id', `/books/${bookId}`)
    .replace('/pools/:id', `/pools/${poolId}`)
    .replace('/jobs/:id', `/jobs/${jobId}`)
    .replace('/webhooks/:id', `/webhooks/${webhookId}`)
    .replace(':code', code);
}

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 360, height: 740 };

/** Waits until a page has its heading and is not waiting for content. */
export async function settled(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(skeletons(page)).toHaveCount(0);
}

/** What stands for content that is on its way. */
export const skeletons = (page: Page) => page.locator('[aria-busy="true"]');

/** What one would have to scroll sideways to see all of: the page, or a part of it. */
export function findSideways(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    // Letters of another font have other widths.
    await document.fonts.ready;
    return [document.documentElement, ...document.body.querySelectorAll('*')]
      .filter((element) => {
        const isPage = element === document.documentElement;
        const scrolls = isPage || ['auto', 'scroll'].includes(getComputedStyle(element).overflowX);
        return scrolls && element.clientWidth > 0 && element.scrollWidth > element.clientWidth;
      })
      .map((element) => `${element.localName} ${element.getAttribute('aria-label') ?? ''}`.trim());
  });
}

/** Longer than a phone is wide. */
const LONG = 'with a name of more words than fit in a line of a phone';

/** Coupons in every state, one of them unassigned; a pool, and a distribution to it; a webhook that nobody answers. Names are long. */
export async function makeScene(server: TestServer): Promise<Scene> {
  const { admin } = server;
  const [user, other] = [await makePerson(server), await makePerson(server)];
  await ok(
    admin.POST('/api/v1/users', {
      body: {
        email: `${unique('somebody').replace(' ', '.')}@department.of.an.organisation.example.org`,
        name: `Somebody ${LONG}`,
        role: 'ADMIN',
      },
    }),
  );
  const book = await makeBook(server, 30, {
    name: unique(`Book ${LONG}`),
    description: 'For the tests',
    expiresAt: '2099-01-01T00:00:00Z',
  });
  const pool = await ok(admin.POST('/api/v1/pools', { body: { name: unique(`Pool ${LONG}`) } }));
  const path = { id: pool.id };
  await ok(
    admin.POST('/api/v1/pools/{id}/users', { params: { path }, body: { emails: [user.email, other.email] } }),
  );
  const job = await endOf(
    server,
    admin.POST('/api/v1/pools/{id}/distribute', {
      params: { path },
      body: { bookId: book.id, mode: 'equal', perUser: 2, onShortage: 'refuse' },
    }),
  );
  const api = await asPerson(server, user);
  const [redeemed, locked, code] = await Promise.all([1, 2, 3].map(() => giveCoupon(server, book, user)));
  for (const coupon of [redeemed!, locked!]) {
    await ok(api.POST('/api/v1/coupons/lock/{code}', { params: { path: { code: coupon } }, body: {} }));
  }
  await ok(api.POST('/api/v1/coupons/redeem/{code}', { params: { path: { code: redeemed! } }, body: {} }));
  const webhook = await ok(
    admin.POST('/api/v1/webhooks', { body: { url: 'http://127.0.0.1:9/hook', types: ['coupon.locked'] } }),
  );
  await ok(admin.POST('/api/v1/webhooks/{id}/test', { params: { path: { id: webhook.id } } }));
  return {
    admin: server.adminAccount,
    user,
    bookId: book.id,
    poolId: pool.id,
    jobId: job.id,
    code: code!,
    webhookId: webhook.id,
  };
}

const scenes = new WeakMap<TestServer, Promise<Scene>>();

/** The scene of a server, made when it is first asked for: for tests that only look at it. */
export function sceneOf(server: TestServer): Promise<Scene> {
  const scene = scenes.get(server) ?? makeScene(server);
  scenes.set(server, scene);
  return scene;
}
