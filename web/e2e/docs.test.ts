import { makePerson } from './support/scene.ts';
import { expect, test } from './support/test.ts';

for (const dark of [false, true]) {
  test(`the API's documentation signs in and tries a call, ${dark ? 'dark' : 'light'}`, async ({
    server,
    open,
  }) => {
    const person = await makePerson(server);
    const page = await open(null, { at: '/docs', dark, phone: dark });
    await expect(page).toHaveTitle('Coupon Book API');
    await expect(page.locator('.topbar')).toHaveCount(0);
    await expect(page.locator('html.dark-mode')).toHaveCount(dark ? 1 : 0);
    await page.getByLabel('E-mail').fill(person.email);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await expect(page.getByText(`Signed in as ${person.email} (USER), for 15 minutes.`)).toBeVisible();
    await page.locator('[id="operations-tag-auth"]').click();
    const call = page.locator('.opblock').filter({ hasText: '/api/v1/auth/me' });
    await call.locator('.opblock-summary-control').click();
    await call.getByRole('button', { name: 'Execute' }).click();
    await expect(call.locator('.live-responses-table .response-col_status').last()).toContainText('200');
    await page.getByRole('button', { name: 'Sign out', exact: true }).click();
    await expect(page.getByRole('button', { name: 'Sign in', exact: true })).toBeVisible();
  });
}
