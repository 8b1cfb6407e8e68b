import type { Locator, Page, Route } from '@playwright/test';
import { ok } from '../support/api.ts';
import { makeScene } from '../support/pages.ts';
import { giveCoupon, historyOf, makeBook, makePerson } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

const FAILED_REQUEST =
  /net::ERR_(FAILED|INTERNET_DISCONNECTED|CONNECTION_\w+|SOCKET_NOT_CONNECTED|INCOMPLETE_CHUNKED_ENCODING|EMPTY_RESPONSE)/;

test('a double click on claim, lock and redeem does each once', async ({ server, open }) => {
  const person = await makePerson(server);
  const book = await makeBook(server, 5);
  const page = await open(person, { at: '/coupons' });
  await page.getByRole('button', { name: `Claim a coupon of ${book.name}` }).dblclick();
  const coupon = page.getByRole('article');
  await expect(coupon).toHaveCount(1);
  const code = (await coupon.getAttribute('aria-label'))!;
  await page.getByRole('button', { name: `Lock ${code}` }).dblclick();
  await expect(coupon.getByText('Locked', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: `Redeem ${code}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Redeem' }).dblclick();
  await expect(coupon.getByText('Redeemed', { exact: true })).toBeVisible();

  const { assigned, redeemed } = await countsOf(server.admin, book.id);
  expect({ assigned, redeemed }).toEqual({ assigned: 0, redeemed: 1 });
  expect(await historyOf(server, code)).toEqual(['coupon.assigned', 'coupon.locked', 'coupon.redeemed']);
});

test('the second click of a double click does nothing, also when the first has been answered before it', async ({
  server,
  open,
}) => {
  const person = await makePerson(server);
  const book = await makeBook(server, 5);
  const page = await open(person, { at: '/coupons' });
  const claim = page.getByRole('button', { name: `Claim a coupon of ${book.name}` });
  const coupons = page.getByRole('article');
  await clickTwice(page, claim, () => expect(coupons).toHaveCount(1));
  const lock = page.getByRole('button', { name: /^Lock / });
  const redeem = page.getByRole('button', { name: /^Redeem / });
  await clickTwice(page, lock, () => expect(redeem).toBeVisible());
  // What an ignored click did not do cannot be waited for; this comes after it, and would find a second coupon or a question.
  await redeem.click();
  await expect(page.getByRole('dialog')).toHaveCount(1);
  expect((await countsOf(server.admin, book.id)).unassigned).toBe(4);
});

test('a redemption whose answer is lost while the server restarts is tried again with the same key, and happens once', async ({
  ownServer: server,
  open,
  faults,
}) => {
  faults.allow(FAILED_REQUEST);
  faults.allow(/status of 50\d/);
  const person = await makePerson(server);
  const book = await makeBook(server, 1, { allowMultipleRedemptions: true, maxRedemptions: 5 });
  const code = await giveCoupon(server, book, person);
  const page = await open(person, { server });
  // By its stream the page would hear that the server is back, and learn without a click what became of the coupon.
  await page.route('**/api/v1/events/stream', () => {});
  await page.goto('/coupons');
  await page.getByRole('button', { name: `Lock ${code}` }).click();

  // It arrives and is carried out, and then the server is gone before anybody hears of it.
  const keys = await watchKeys(page, '**/coupons/redeem/**', async (route, attempt) => {
    if (attempt > 1) return route.continue();
    expect((await route.fetch()).status()).toBe(200);
    await server.kill();
    await route.abort('connectionreset');
  });
  await page.getByRole('button', { name: `Redeem ${code}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Redeem' }).click();
  const tryAgain = page.getByRole('article', { name: code }).getByRole('button', { name: 'Try again' });
  await expect(tryAgain).toBeVisible();
  await server.start();
  await tryAgain.click();
  await expect(tryAgain).toHaveCount(0);
  await expect(page.getByRole('article', { name: code }).getByText('4 uses left')).toBeVisible();
  expect(new Set(keys).size, 'one key').toBe(1);
  expect(keys.length).toBeGreaterThan(1);
  expect((await historyOf(server, code)).filter((type) => type === 'coupon.redeemed')).toHaveLength(1);
});

test('who goes offline in the middle of a claim tries again when they are back, and gets one coupon', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(FAILED_REQUEST);
  const person = await makePerson(server);
  const book = await makeBook(server, 5);
  const page = await open(person, { at: '/coupons' });
  const claim = page.getByRole('button', { name: `Claim a coupon of ${book.name}` });
  await expect(claim).toBeVisible();
  const keys = await watchKeys(page, '**/coupons/assign/random', async (route, attempt) => {
    if (attempt > 1) return route.continue();
    expect((await route.fetch()).status()).toBe(200);
    await page.context().setOffline(true);
    await route.abort('internetdisconnected');
  });
  await claim.click();
  await expect(page.getByText('You are offline.', { exact: false })).toBeVisible();
  const tryAgain = page
    .getByRole('listitem')
    .filter({ hasText: book.name })
    .getByRole('button', { name: 'Try again' });
  await expect(tryAgain).toBeVisible();
  await page.context().setOffline(false);
  await expect(page.getByRole('article')).toHaveCount(1);
  await expect(page.getByText('You are offline.', { exact: false })).toHaveCount(0);
  expect(new Set(keys).size, 'one key').toBe(1);
  expect((await countsOf(server.admin, book.id)).assigned).toBe(1);
});

test('a coupon in a book’s table shows what happens elsewhere; to unassign it, when there was no answer, is tried again with the same key', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(FAILED_REQUEST);
  const person = await makePerson(server);
  const book = await makeBook(server, 1);
  const page = await open(server.adminAccount, { at: `/books/${book.id}/coupons`, kept: true });
  const row = page.getByRole('row').filter({ has: page.getByRole('link') });
  await expect(row.getByText('Free', { exact: true })).toBeVisible();
  const code = await giveCoupon(server, book, person);
  await expect(row.getByText('Assigned', { exact: true })).toBeVisible();
  await expect(row.getByText(person.email)).toBeVisible();

  const keys = await watchKeys(page, '**/coupons/unassign/**', (route, attempt) =>
    attempt > 1 ? route.continue() : route.abort('connectionreset'),
  );
  await row.getByRole('button', { name: `Unassign ${code}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Unassign' }).click();
  await row.getByRole('button', { name: /Try again/ }).click();
  await expect(row.getByText('Free', { exact: true })).toBeVisible();
  expect(new Set(keys).size, 'one key').toBe(1);
  expect(keys.length).toBeGreaterThan(1);
  expect(await historyOf(server, code)).toEqual(['coupon.assigned', 'coupon.unassigned']);
});

test('after a restart of the server the page lives on: what happened meanwhile shows', async ({
  ownServer: server,
  open,
  faults,
}) => {
  faults.allow(FAILED_REQUEST);
  // A server that starts listens before it is ready.
  faults.allow(/status of 503/);
  const person = await makePerson(server);
  const book = await makeBook(server, 2);
  const page = await open(person, { at: '/coupons', server });
  await expect(page.getByText('No coupons yet')).toBeVisible();
  await server.kill();
  await expect(page.getByText('Live updates are interrupted.', { exact: false })).toBeVisible();
  await server.start();
  const code = await giveCoupon(server, book, person);
  await expect(page.getByRole('article', { name: code })).toBeVisible();
  await expect(page.getByText('Live updates are interrupted.', { exact: false })).toHaveCount(0);
});

test('while a change of an account, or of who is in a pool, is under way, no other is asked for: what is said to be done was sent', async ({
  server,
  open,
}) => {
  const { poolId, user } = await makeScene(server);
  const other = await makePerson(server);
  const body = { emails: [other.email] };
  await ok(server.admin.POST('/api/v1/pools/{id}/users', { params: { path: { id: poolId } }, body }));
  const page = await open(server.adminAccount, { at: '/users', kept: true });
  const question = page.getByRole('dialog');

  const change = await hold(page, `**/api/v1/users/${user.id}`);
  await page.getByRole('button', { name: `Actions for ${user.email}` }).click();
  await page.getByRole('menuitem', { name: 'Disable' }).click();
  await question.getByRole('button', { name: 'Disable' }).click();
  await change.arrived;
  await page.getByRole('button', { name: `Actions for ${other.email}` }).click();
  await expect(page.getByRole('menuitem', { name: 'Disable' })).toBeDisabled();
  change.release();
  await expect(page.getByText(`Saved: ${user.email}`, { exact: true }).first()).toBeVisible();
  await expect(page.getByRole('menuitem', { name: 'Disable' })).toBeEnabled();

  await page.goto(`/pools/${poolId}`);
  const removal = await hold(page, `**/api/v1/pools/${poolId}/users`);
  await page.getByRole('button', { name: `Remove ${user.email}` }).click();
  await question.getByRole('button', { name: 'Remove' }).click();
  await removal.arrived;
  const next = page.getByRole('button', { name: `Remove ${other.email}` });
  await expect(next).toBeDisabled();
  await expect(page.getByRole('button', { name: 'Remove everybody' })).toBeDisabled();
  removal.release();
  await expect(page.getByText(`${user.email} is no longer in the pool`).first()).toBeVisible();
  await next.click();
  await question.getByRole('button', { name: 'Remove' }).click();
  await expect(next).toHaveCount(0);
});

const countsOf = async (admin: import('../support/api.ts').Api, id: string) =>
  ok(admin.GET('/api/v1/books/{id}/stats', { params: { path: { id } } }));

/** A double click of a slow hand: between its clicks happens what `meanwhile` waits for. */
async function clickTwice(page: Page, target: Locator, meanwhile: () => Promise<void>): Promise<void> {
  await target.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await target.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  for (const clickCount of [1, 2]) {
    await page.mouse.down({ clickCount });
    await page.mouse.up({ clickCount });
    if (clickCount === 1) await meanwhile();
  }
}

/** The Idempotency-Keys of the requests to an address, as they come; `handle` decides what becomes of each. */
async function watchKeys(
  page: Page,
  address: string,
  handle: (route: Route, attempt: number) => Promise<void>,
): Promise<string[]> {
  const keys: string[] = [];
  await page.route(address, async (route) => {
    keys.push(route.request().headers()['idempotency-key'] ?? 'none');
    await handle(route, keys.length);
  });
  return keys;
}

/** Writes to an address wait until they are released. */
async function hold(page: Page, address: string): Promise<{ arrived: Promise<void>; release: () => void }> {
  const [arrival, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  await page.route(address, async (route) => {
    if (route.request().method() === 'GET') return route.continue();
    arrival.resolve();
    await gate.promise;
    await route.continue();
  });
  return { arrived: arrival.promise, release: gate.resolve };
}
