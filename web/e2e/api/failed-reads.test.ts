import type { Page, Route } from '@playwright/test';
import { ok } from '../support/api.ts';
import { makeScene, settled } from '../support/pages.ts';
import { giveCoupon, makeBook, makePerson } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('settings of a book that are half typed stay when the book cannot be read anew, and when the session has ended', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of (401|503)/);
  const { id } = await makeBook(server, 0);
  const person = await makePerson(server, 'ADMIN');
  const page = await open(person);
  await page.clock.install();
  await page.goto(`/books/${id}/settings`);
  const description = page.getByLabel('Description');
  await description.fill('Half typed');

  await page.clock.fastForward('00:10');
  await failToRead(page, `**/api/v1/books/${id}`);
  await expect(description).toHaveValue('Half typed');

  await page.context().clearCookies();
  await page.clock.fastForward('20:00');
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  // A read that is on its way may still be answered.
  await expect(async () => {
    await comeBack(page);
    await expect(dialog).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await dialog.getByLabel('Password', { exact: true }).fill(person.password);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(description).toHaveValue('Half typed');
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Unsaved changes')).toHaveCount(0);
  const book = await ok(server.admin.GET('/api/v1/books/{id}', { params: { path: { id } } }));
  expect(book.description).toBe('Half typed');
});

test('what a page of a book shows stays when it cannot be read anew', async ({ server, open, faults }) => {
  faults.allow(/status of 503/);
  const { bookId, jobId } = await makeScene(server);
  const page = await open(server.adminAccount);
  await page.clock.install();
  for (const [address, read] of [
    [`/books/${bookId}/overview`, `**/api/v1/books/${bookId}/stats`],
    [`/books/${bookId}/codes?job=${jobId}`, `**/api/v1/jobs/${jobId}`],
  ] as const) {
    await Promise.all([page.waitForResponse(read), page.goto(address)]);
    await settled(page);
    await page.clock.fastForward('00:10');
    await failToRead(page, read);
    await expect(page.getByRole('button', { name: 'Try again' })).toHaveCount(0);
  }
});

test('what is asked for again and refused again says so, as it did before', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of 503/);
  const page = await open(server.adminAccount, { kept: true });
  await page.route('**/api/v1/redemptions?*', refuse);
  await page.goto('/history/redemptions');
  const button = page.getByRole('button', { name: 'Try again' });
  await expect(button).toBeVisible();
  await Promise.all([page.waitForResponse('**/api/v1/redemptions?*'), button.click()]);
  await settled(page);
  await expect(button).toBeVisible();
  await expect(page.getByText('The service does not answer')).toBeVisible();
});

test('what a page was still reading when it was left is read again by the next one that wants it', async ({
  server,
  open,
}) => {
  const person = await makePerson(server);
  const book = await makeBook(server, 1);
  const code = await giveCoupon(server, book, person);
  const page = await open(person);
  // When the stream begins, everything is read again.
  await page.route('**/api/v1/events/stream', () => {});
  await page.route('**/api/v1/books/held?*', () => {}, { times: 1 });
  await page.goto('/coupons');
  await page.getByRole('link', { name: code, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: book.name })).toBeVisible();
});

/** Comes back to the tab, which reads anew what is old. */
const comeBack = (page: Page) => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));

/** The page is refused what it reads, and asks once more: the first refusal is on the screen then, if it ever is. */
async function failToRead(page: Page, address: string): Promise<void> {
  let refused = 0;
  await page.route(address, (route) => {
    refused += 1;
    return refuse(route);
  });
  await expect(async () => {
    await comeBack(page);
    expect(refused).toBeGreaterThan(1);
  }).toPass();
  await page.unroute(address);
}

function refuse(route: Route): Promise<void> {
  return route.fulfill({
    status: 503,
    contentType: 'application/problem+json',
    json: { type: '/problems/unavailable', title: 'x', status: 503, code: 'unavailable' },
  });
}
