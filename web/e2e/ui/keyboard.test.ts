import type { Locator } from '@playwright/test';
import { makeOwner } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('a user signs in, locks a coupon and redeems it without a mouse, and always sees where they are', async ({
  server,
  open,
}) => {
  const { person, code } = await makeOwner(server);
  const page = await open(null, { at: '/coupons' });

  await goTo(page.getByLabel('E-mail'));
  await page.keyboard.type(person.email);
  await goTo(page.getByLabel('Password', { exact: true }));
  await page.keyboard.type(person.password);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1, name: 'My coupons' })).toBeVisible();

  const coupon = page.getByRole('article', { name: code });
  await goTo(coupon.getByRole('button', { name: `Lock ${code}` }));
  await page.keyboard.press('Enter');
  await expect(coupon.getByText('Locked', { exact: true })).toBeVisible();
  await expect(coupon).toBeFocused();

  await goTo(coupon.getByRole('button', { name: `Redeem ${code}` }));
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  await expect(dialog.locator(':focus')).toHaveCount(1);
  await goTo(dialog.getByRole('button', { name: 'Redeem' }));
  await page.keyboard.press('Enter');
  await expect(dialog).toHaveCount(0);
  await expect(coupon.getByText('Redeemed', { exact: true })).toBeVisible();
  await expect(coupon).toBeFocused();
});

test('a dialog that is left with Escape gives the focus back to what opened it', async ({ server, open }) => {
  const page = await open(server.adminAccount, { at: '/pools', kept: true });
  const button = page.getByRole('button', { name: 'New pool' }).first();
  await goTo(button);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await expect(dialog.locator(':focus')).toHaveCount(1);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);
  await expect(button).toBeFocused();
});

/** Goes there with the Tab key, and sees the focus on it. */
async function goTo(target: Locator): Promise<void> {
  const page = target.page();
  await expect(target).toBeVisible();
  const isThere = () => target.evaluate((element) => element === document.activeElement);
  for (let steps = 0; !(await isThere()); steps += 1) {
    expect(steps, `Tabs to ${target.toString()}`).toBeLessThan(80);
    await page.keyboard.press('Tab');
  }
  const ring = await target.evaluate((element) => {
    const { outlineStyle, boxShadow } = getComputedStyle(element);
    return { outlineStyle, boxShadow };
  });
  expect(ring, `a mark of the focus on ${target.toString()}`).not.toEqual({
    outlineStyle: 'none',
    boxShadow: 'none',
  });
}
