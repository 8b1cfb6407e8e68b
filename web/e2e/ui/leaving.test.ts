import { ok } from '../support/api.ts';
import { giveCoupon, makeBook, makeOwner, makePerson } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('a dialog closes when its page is left', async ({ server, open }) => {
  await makePerson(server);
  const page = await open(server.adminAccount, { at: '/pools', kept: true });
  // Who leaves a page before it is there has no page to come back to.
  await expect(page.getByRole('heading', { name: 'Pools', level: 1 })).toBeVisible();
  await page.getByRole('link', { name: 'Users' }).first().click();
  await page.getByRole('button', { name: 'New user' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(/\/pools$/);
  await expect(page.getByRole('dialog')).toHaveCount(0);
});

test('settings that are not saved are asked about before they are lost', async ({ server, open }) => {
  const { id } = await makeBook(server, 1);
  const page = await open(server.adminAccount, { at: `/books/${id}/settings`, kept: true });
  const name = page.getByLabel('Name', { exact: true });
  await name.fill('Typed and not saved');
  await page.getByRole('link', { name: 'Users' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Discard your changes?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(name).toHaveValue('Typed and not saved');
  await page.getByRole('link', { name: 'Users' }).first().click();
  await dialog.getByRole('button', { name: 'Discard changes' }).click();
  await expect(page).toHaveURL(/\/users$/);
});

test('"no connection" goes from a coupon when the connection is back, and the coupon shows what became of it', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/ERR_INTERNET_DISCONNECTED|Failed to load resource/);
  const { person, code } = await makeOwner(server, 2);
  const page = await open(person, { at: '/coupons' });
  const card = page.getByRole('article', { name: code });
  await expect(card.getByRole('button', { name: /^Lock/ })).toBeVisible();
  // What toasts need is loaded with the first key.
  await page.keyboard.press('Shift');
  await expect(page.getByRole('region', { name: 'Notifications' })).toBeAttached();
  await page.context().setOffline(true);
  await card.getByRole('button', { name: /^Lock/ }).click();
  await expect(card.getByRole('alert')).toBeVisible();
  await page.context().setOffline(false);
  await expect(card.getByRole('alert')).toHaveCount(0);
  await card.getByRole('button', { name: /^Lock/ }).click();
  await expect(card.getByText('Locked')).toBeVisible();
});

test('a book of which nothing is left offers no claim and says so', async ({ server, open }) => {
  const [person, other] = [await makePerson(server), await makePerson(server)];
  const book = await makeBook(server, 1);
  await giveCoupon(server, book, other);
  const page = await open(person, { at: '/coupons' });
  const row = page.getByRole('listitem').filter({ hasText: book.name });
  await expect(row).toContainText(/left/i);
  await expect(row.getByRole('button')).toHaveCount(0);
});

test('a coupon whose book has ended does not look usable', async ({ server, open }) => {
  const person = await makePerson(server);
  const book = await makeBook(server, 1);
  const code = await giveCoupon(server, book, person);
  const path = { id: book.id };
  const body = { expiresAt: '2026-01-01T00:00:00Z' };
  await ok(server.admin.PATCH('/api/v1/books/{id}', { params: { path }, body }));
  const page = await open(person, { at: '/coupons' });
  const card = page.getByRole('article', { name: code });
  await expect(card.getByText('Ended', { exact: true })).toBeVisible();
  await expect(card.getByRole('button', { name: /^(Lock|Redeem)/ })).toHaveCount(0);
  await expect(card.getByRole('link', { name: /^Show at the till/ })).toHaveCount(0);
  await expect(card.getByText('Assigned', { exact: true })).toHaveCount(0);
});
