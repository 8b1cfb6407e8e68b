import { ok } from '../support/api.ts';
import { asPerson, giveCoupon, makeBook, makeOwner, makePerson, unique } from '../support/scene.ts';
import { settled } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

test('what happens to a coupon in one browser shows in another, without a reload', async ({
  server,
  open,
}) => {
  const { person, code } = await makeOwner(server, 3);
  const [phone, till] = [
    await open(person, { at: '/coupons', phone: true }),
    await open(person, { at: `/coupons/${code}` }),
  ];
  const admin = await open(server.adminAccount, { at: '/history/events', kept: true });
  for (const page of [phone, till, admin]) await settled(page);
  const loads = [phone, till, admin].map((page) => countLoads(page));

  await phone.getByRole('button', { name: `Lock ${code}` }).click();
  const shown = till.getByRole('main');
  await expect(shown.getByText('Locked', { exact: true }).first()).toBeVisible();
  await till.getByRole('button', { name: /Redeem/ }).click();
  await till.getByRole('dialog').getByRole('button', { name: 'Redeem' }).click();
  await expect(shown.getByText('Redeemed', { exact: true }).first()).toBeVisible();
  await expect(
    phone.getByRole('article', { name: code }).getByText('Redeemed', { exact: true }),
  ).toBeVisible();
  expect(loads.map((count) => count())).toEqual([0, 0, 0]);
});

test('a change reaches another browser before the API has been asked again', async ({ server, open }) => {
  const { person, code } = await makeOwner(server, 3);
  const page = await open(person, { at: '/coupons' });
  const badge = page.getByRole('article', { name: code });
  await expect(badge.getByText('Assigned', { exact: true })).toBeVisible();
  await settled(page);
  const api = await asPerson(server, person);
  const start = performance.now();
  await ok(api.POST('/api/v1/coupons/lock/{code}', { params: { path: { code } }, body: {} }));
  await expect(badge.getByText('Locked', { exact: true })).toBeVisible();
  const took = performance.now() - start;
  test
    .info()
    .annotations.push({ type: 'live', description: `${Math.round(took)} ms from the request to the screen` });
});

test('a coupon that is given appears by itself, and one that is unassigned goes', async ({
  server,
  open,
}) => {
  const person = await makePerson(server);
  const book = await makeBook(server, 2);
  const page = await open(person, { at: '/coupons' });
  await expect(page.getByText('No coupons yet')).toBeVisible();
  const code = await giveCoupon(server, book, person);
  await expect(page.getByRole('article', { name: code })).toBeVisible();
  await ok(server.admin.POST('/api/v1/coupons/unassign/{code}', { params: { path: { code } } }));
  await expect(page.getByRole('article', { name: code })).toHaveCount(0);
});

test('a page that was left reads nothing more, though its book goes on changing', async ({
  server,
  open,
}) => {
  const book = await makeBook(server, 20);
  const { id: pool } = await ok(server.admin.POST('/api/v1/pools', { body: { name: unique('Pool') } }));
  const emails = [(await makePerson(server)).email];
  await ok(
    server.admin.POST('/api/v1/pools/{id}/users', { params: { path: { id: pool } }, body: { emails } }),
  );
  const page = await open(server.adminAccount);
  await page.clock.install();
  await page.goto(`/books/${book.id}/overview`);
  await settled(page);
  const reads: string[] = [];
  page.on('request', (request) => void (/stats/.test(request.url()) && reads.push(request.url())));
  // Twenty events at once: the first is answered by reading, the others by reading again after a pause.
  await Promise.all([
    page.waitForResponse('**/stats'),
    ok(
      server.admin.POST('/api/v1/pools/{id}/distribute', {
        params: { path: { id: pool } },
        body: { bookId: book.id, mode: 'equal', perUser: 20, onShortage: 'refuse' },
      }),
    ),
  ]);
  await page.getByRole('link', { name: 'Users' }).click();
  await expect(page).toHaveURL(/users/);
  await page.clock.fastForward('00:05');
  await settled(page);
  expect(reads.filter((url) => !url.includes(book.id))).toEqual([]);
});

test('a list of one state shows the coupons that come into it, here or elsewhere, and keeps those that leave it', async ({
  server,
  open,
}) => {
  const person = await makePerson(server);
  const book = await makeBook(server, 2);
  const codes = [await giveCoupon(server, book, person), await giveCoupon(server, book, person)];
  const [here, elsewhere] = codes as [string, string];
  const page = await open(person, { at: '/coupons?state=LOCKED' });
  await expect(page.getByText('No matching coupons')).toBeVisible();
  const api = await asPerson(server, person);
  await ok(api.POST('/api/v1/coupons/lock/{code}', { params: { path: { code: elsewhere } }, body: {} }));
  await expect(page.getByRole('article', { name: elsewhere })).toBeVisible();

  const filter = page.getByRole('group', { name: 'State' });
  await filter.getByRole('button', { name: 'Assigned' }).click();
  await page.getByRole('button', { name: `Lock ${here}` }).click();
  await expect(page.getByRole('button', { name: `Redeem ${here}` })).toBeVisible();
  await filter.getByRole('button', { name: 'Locked' }).click();
  await expect(page.getByRole('article')).toHaveCount(2);
  await page.getByRole('button', { name: `Redeem ${here}` }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Redeem' }).click();
  await expect(
    page.getByRole('article', { name: here }).getByText('Redeemed', { exact: true }),
  ).toBeVisible();
});

test('whose coupon is unassigned can claim another, without a reload', async ({ server, open, faults }) => {
  faults.allow(/status of 409/);
  const person = await makePerson(server);
  const book = await makeBook(server, 2, { maxAssignmentsPerUser: 1 });
  const page = await open(person, { at: '/coupons' });
  const claim = page.getByRole('button', { name: `Claim a coupon of ${book.name}` });
  const full = page
    .getByRole('listitem')
    .filter({ hasText: book.name })
    .getByText('You already have the maximum');
  // Refused before the page has heard of the coupon that was given meanwhile.
  await page.route('**/coupons/assign/random', (route) =>
    route.fulfill({
      status: 409,
      contentType: 'application/problem+json',
      json: { type: 'x', title: 'x', status: 409, code: 'assignment-limit-reached' },
    }),
  );
  await claim.click();
  await expect(full).toBeVisible();
  const code = await giveCoupon(server, book, person);
  await expect(claim).toHaveCount(0);
  await expect(full).toBeVisible();
  await ok(server.admin.POST('/api/v1/coupons/unassign/{code}', { params: { path: { code } } }));
  await expect(claim).toBeVisible();
  await expect(full).toHaveCount(0);
});

test('a lock that runs out makes the coupon assigned again on the screen, by itself', async ({
  server,
  open,
}) => {
  const { person, code } = await makeOwner(server, 1, { lockTtlSeconds: 10 });
  const page = await open(person, { at: '/coupons' });
  const coupon = page.getByRole('article', { name: code });
  await expect(coupon).toBeVisible();
  // Watched from within the page: a slow machine may look again only when the lock has run out.
  await page.evaluate(() => {
    const main = document.querySelector('main')!;
    (window as unknown as { sawTimer: Promise<void> }).sawTimer = new Promise((resolve) =>
      new MutationObserver(() => main.querySelector('[role="timer"]') && resolve()).observe(main, {
        childList: true,
        subtree: true,
      }),
    );
  });
  await coupon.getByRole('button', { name: `Lock ${code}` }).click();
  await page.evaluate(() => (window as unknown as { sawTimer: Promise<void> }).sawTimer);
  await expect(coupon.getByText('Assigned', { exact: true })).toBeVisible();
  await expect(coupon.getByRole('timer')).toHaveCount(0);
  await expect(coupon.getByRole('button', { name: `Lock ${code}` })).toBeEnabled();
});

test('a countdown is drawn when its second changes, and nothing is drawn between', async ({
  server,
  open,
}) => {
  const { person, code } = await makeOwner(server);
  const api = await asPerson(server, person);
  await ok(api.POST('/api/v1/coupons/lock/{code}', { params: { path: { code } }, body: {} }));
  const page = await open(person, { at: '/coupons' });
  await page.emulateMedia({ reducedMotion: 'no-preference' });
  const timer = page.getByRole('timer');
  await expect(timer).toBeVisible();
  // An SVG that moves by a transition costs a phone sixty drawings a second.
  await page.evaluate(() => {
    const seen = window as unknown as { moves: number };
    seen.moves = 0;
    document.addEventListener('transitionrun', ({ target }) => {
      if (target instanceof SVGElement) seen.moves += 1;
    });
  });
  for (let seconds = 0; seconds < 2; seconds += 1) {
    const before = (await timer.textContent())!;
    await expect(timer).not.toHaveText(before);
  }
  expect(await page.evaluate(() => (window as unknown as { moves: number }).moves)).toBe(0);
});

/** How often the page was loaded since. */
function countLoads(page: import('@playwright/test').Page): () => number {
  let loads = 0;
  page.on('load', () => (loads += 1));
  return () => loads;
}

test('a lock is never shown to last longer than it does', async ({ server, open }) => {
  const { person, code } = await makeOwner(server, 1, { lockTtlSeconds: 60 });
  const page = await open(person, { at: '/coupons' });
  await page.evaluate(() => {
    const shown: string[] = ((window as unknown as { shown: string[] }).shown = []);
    new MutationObserver(() => {
      const timer = document.querySelector('[role="timer"]');
      if (timer) shown.push(timer.textContent);
    }).observe(document.body, { childList: true, characterData: true, subtree: true });
  });
  await page.getByRole('button', { name: `Lock ${code}` }).click();
  await expect(page.getByRole('timer')).toHaveText(/^0:/);
  const shown = await page.evaluate(() => (window as unknown as { shown: string[] }).shown);
  expect(shown.filter((text) => text > '1:00')).toEqual([]);
});

test('where there is no stream, a page that is shown reads again every few seconds, and says nothing of it', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of 501/);
  const person = await makePerson(server);
  const book = await makeBook(server, 2);
  const page = await open(person, { at: '/account' });
  // As AWS Lambda answers.
  await page.route('**/api/v1/events/stream*', (route) =>
    route.fulfill({
      status: 501,
      contentType: 'application/problem+json',
      body: JSON.stringify({ code: 'not-available-here', status: 501, title: 'Not available', detail: '' }),
    }),
  );
  await page.goto('/coupons');
  await expect(page.getByText('No coupons yet')).toBeVisible();
  const code = await giveCoupon(server, book, person);
  await expect(page.getByRole('article', { name: code })).toBeVisible();
  await expect(page.getByText(/interrupted/)).toHaveCount(0);
});
