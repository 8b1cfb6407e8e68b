import { makeBook } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('on a phone, every tab of a book is on the screen', async ({ server, open }) => {
  const { id } = await makeBook(server, 1);
  const page = await open(server.adminAccount, { at: `/books/${id}/settings`, phone: true, kept: true });
  const tabs = page.getByRole('navigation', { name: 'Parts of the book' }).getByRole('link');
  await expect(tabs).toHaveCount(5);
  for (const tab of await tabs.all()) await expect(tab).toBeInViewport({ ratio: 1 });
});

test('the title of a book names it and its part, with every filter, until it is left', async ({
  server,
  open,
}) => {
  const { id, name } = await makeBook(server, 1);
  const page = await open(server.adminAccount, { at: `/books/${id}`, kept: true });
  await expect(page).toHaveTitle(`${name} · Overview · Coupon Book`);
  const tabs = page.getByRole('navigation', { name: 'Parts of the book' });
  await tabs.getByRole('link', { name: 'Overview' }).click();
  await page.waitForURL(/overview$/);
  await expect(page).toHaveTitle(`${name} · Overview · Coupon Book`);
  await tabs.getByRole('link', { name: 'Coupons' }).click();
  await expect(page).toHaveTitle(`${name} · Coupons · Coupon Book`);
  await page.getByLabel('State').selectOption('UNASSIGNED');
  await page.waitForURL(/state=UNASSIGNED/);
  await expect(page).toHaveTitle(`${name} · Coupons · Coupon Book`);
  await page.getByRole('link', { name: 'Books' }).first().click();
  await expect(page).toHaveTitle('Books · Coupon Book');
});
