import type { Page } from '@playwright/test';
import { makeScene, settled } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

test('a dialog that was left opens again, as often as it is asked for, with nothing of what was typed before', async ({
  server,
  open,
}) => {
  const { poolId } = await makeScene(server);
  const page = await open(server.adminAccount, { at: '/users', kept: true });
  await opensAgain(page, 'New user', 'E-mail', '');
  await page.goto('/pools');
  await opensAgain(page, 'New pool', 'Name', '');
  await page.goto(`/pools/${poolId}`);
  await settled(page);
  const name = await page.getByRole('heading', { level: 1 }).textContent();
  await opensAgain(page, 'Rename', 'Name', name!);
  await page.goto('/history/redemptions');
  await opensAgain(page, /^Roll back/, 'Reason', '');
});

async function opensAgain(page: Page, button: string | RegExp, field: string, value: string): Promise<void> {
  const dialog = page.getByRole('dialog');
  for (let times = 0; times < 3; times += 1) {
    await page.getByRole('button', { name: button }).first().click();
    await expect(dialog.getByLabel(field)).toHaveValue(value);
    await dialog.getByLabel(field).fill('typed');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toHaveCount(0);
  }
}
