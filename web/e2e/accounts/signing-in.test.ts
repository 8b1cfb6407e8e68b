import { makePerson, unique } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('who signs in gets to where they were going', async ({ server, open }) => {
  const person = await makePerson(server);
  const page = await open(null, { at: '/coupons?state=ASSIGNED' });
  await expect(page.getByRole('heading', { name: 'Sign in to Coupon Book' })).toBeVisible();
  await page.getByLabel('E-mail').fill(person.email);
  await page.getByLabel('Password', { exact: true }).fill(person.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/coupons\?state=ASSIGNED$/);
  await expect(page.getByRole('heading', { name: 'My coupons' })).toBeVisible();
});

test('a tab that signs out signs out the others', async ({ server, open }) => {
  const person = await makePerson(server, 'ADMIN');
  const page = await open(person, { at: '/books' });
  const other = await page.context().newPage();
  await other.goto('/books');
  await expect(other.getByRole('heading', { level: 1 })).toBeVisible();
  await page.getByRole('link', { name: person.email }).click();
  await page.getByRole('button', { name: 'Sign out' }).click();
  for (const tab of [page, other]) await expect(tab).toHaveURL(/\/sign-in/);
});

test('what was said to one account is gone when it signs out, also in another tab', async ({
  server,
  open,
}) => {
  const person = await makePerson(server, 'ADMIN');
  const page = await open(person, { at: '/pools' });
  await page.getByRole('button', { name: 'New pool' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name', { exact: true }).fill(unique('Pool'));
  await dialog.getByRole('button', { name: 'New pool' }).click();
  const notice = page.getByText('Pool created', { exact: true });
  await notice.hover(); // Under the pointer it does not go by itself.
  const other = await page.context().newPage();
  await other.goto('/account');
  await other.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/sign-in/);
  await expect(notice).toHaveCount(0);
});

test('who asks for the start page gets to the page of their role', async ({ server, open }) => {
  const person = await makePerson(server);
  for (const [who, heading] of [
    [server.adminAccount, 'Overview'],
    [person, 'My coupons'],
  ] as const) {
    const page = await open(null, { at: '/' });
    await page.getByLabel('E-mail').fill(who.email);
    await page.getByLabel('Password', { exact: true }).fill(who.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
  }
});
