import { makeBook } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('on a phone, the tab of a book that is open is on the screen, also the last of them', async ({
  server,
  open,
}) => {
  const { id } = await makeBook(server, 1);
  const page = await open(server.adminAccount, { at: `/books/${id}/settings`, phone: true });
  const tabs = page.getByRole('navigation', { name: 'Parts of the book' });
  await expect(tabs.getByRole('link', { name: 'Settings' })).toBeInViewport({ ratio: 0.9 });
  await tabs.getByRole('link', { name: 'Overview' }).click();
  await expect(tabs.getByRole('link', { name: 'Overview' })).toHaveAttribute('aria-current', 'page');
  await expect(tabs.getByRole('link', { name: 'Overview' })).toBeInViewport({ ratio: 0.9 });
});

test('the title of a book names it and its part, with every filter, until it is left', async ({
  server,
  open,
}) => {
  const { id, name } = await makeBook(server, 1);
  const page = await open(server.adminAccount, { at: `/books/${id}` });
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
