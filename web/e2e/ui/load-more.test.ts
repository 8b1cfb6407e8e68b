import type { Page, Route } from '@playwright/test';
import { settled } from '../support/pages.ts';
import { makeOwner } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('a next page that does not come says so, and can be asked for again', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of 503/);
  const { person, code } = await makeOwner(server, 2);
  const page = await open(person);
  // When the stream begins, everything is read again, also a next page that is on its way.
  await page.route('**/api/v1/events/stream', () => {});
  const next = await fakeNextPage(page);
  for (const [address, lists] of [
    ['/coupons', 2],
    [`/coupons/${code}`, 1],
  ] as const) {
    next.fails = true;
    await page.goto(address);
    await settled(page);
    const main = page.getByRole('main');
    const [more, again] = ['Load more', 'Try again'].map((name) => main.getByRole('button', { name }));
    await expect(more!).toHaveCount(lists);
    for (let failed = 1; failed <= lists; failed += 1) {
      await more!.first().click();
      await expect(main.getByRole('alert').getByText('The service does not answer')).toHaveCount(failed);
    }
    next.fails = false;
    for (let left = lists - 1; left >= 0; left -= 1) {
      await again!.first().click();
      await expect(again!).toHaveCount(left);
    }
    await expect(main.getByRole('alert')).toHaveCount(0);
  }
});

/** Every list has one more page, with nothing on it, which comes or fails. */
async function fakeNextPage(page: Page): Promise<{ fails: boolean }> {
  const next = { fails: true };
  await page.route(/\/api\/v1\/(coupons|books|coupons\/[^/]+\/history)\?/, async (route: Route) => {
    if (!new URL(route.request().url()).searchParams.has('cursor')) {
      const response = await route.fetch();
      return route.fulfill({
        response,
        json: { ...((await response.json()) as object), nextCursor: 'more' },
      });
    }
    if (!next.fails) return route.fulfill({ json: { items: [], nextCursor: null } });
    await route.fulfill({
      status: 503,
      contentType: 'application/problem+json',
      json: { type: '/problems/unavailable', title: 'x', status: 503, code: 'unavailable' },
    });
  });
  return next;
}
