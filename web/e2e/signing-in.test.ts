import { makePerson } from './support/scene.ts';
import { expect, test } from './support/test.ts';

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
