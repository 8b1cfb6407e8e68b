import type { Page } from '@playwright/test';
import { makePerson, unique } from './support/scene.ts';
import { PASSWORD } from './support/server.ts';
import { expect, test } from './support/test.ts';

/** Keeps a picture of each step, on a desktop and on a phone: `DEMO_PICTURES=<folder> npm test -- e2e/demo`. */
const PICTURES = process.env.DEMO_PICTURES;
const SIZES = { desktop: { width: 1280, height: 800 }, phone: { width: 360, height: 740 } };

/** The whole way of a coupon, without a terminal: one browser, two people. */
test('an administrator makes a book, loads codes and hands them out; a user locks one and redeems it; the history shows it', async ({
  server,
  open,
}) => {
  const shopper = await makePerson(server);
  const [bookName, poolName] = [unique('Summer sale'), unique('Newsletter')];
  const codes = ['AA', 'BB', 'CC'].map((suffix) => `${bookName.slice(-8).toUpperCase()}-${suffix}`);
  const page = await open(null, { at: '/' });
  let steps = 0;
  const step = async (title: string, work: () => Promise<void | Page>) => {
    const shown = (await test.step(title, work)) ?? page;
    if (PICTURES === undefined) return;
    steps += 1;
    for (const [name, size] of Object.entries(SIZES)) {
      await shown.setViewportSize(size);
      const path = `${PICTURES}/${String(steps).padStart(2, '0')} ${title} (${name}).png`;
      await shown.screenshot({ path, animations: 'disabled' });
    }
    await shown.setViewportSize(SIZES.desktop);
  };
  const signIn = async (email: string) => {
    await page.getByLabel('E-mail').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
  };

  await step('sign in as administrator', async () => {
    await signIn(server.adminAccount.email);
    await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible();
  });

  await step('create a book', async () => {
    await page.getByRole('link', { name: 'Books', exact: true }).click();
    await page.getByRole('link', { name: 'Create book' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill(bookName);
    await page.getByLabel('Description').fill('15 % off everything');
    await page.getByRole('button', { name: 'Create book' }).click();
    await expect(page.getByRole('heading', { level: 1, name: bookName })).toBeVisible();
  });

  await step('drop a file of codes, one of them twice', async () => {
    const file = await page.evaluateHandle(
      (text) => {
        const transfer = new DataTransfer();
        transfer.items.add(new File([text], 'summer.csv', { type: 'text/csv' }));
        return transfer;
      },
      ['code', ...codes, codes[0], ''].join('\n'),
    );
    await page.getByText('Drop a file of codes here').dispatchEvent('drop', { dataTransfer: file });
    await expect(page.getByText(/summer\.csv/)).toBeVisible();
    await page.getByRole('button', { name: 'Upload', exact: true }).click();
    await expect(page.getByRole('main').getByText('3 codes stored')).toBeVisible();
    await expect(page.getByText('Already in line 2')).toBeVisible();
  });

  await step('make a pool with a user in it', async () => {
    await page.getByRole('link', { name: 'Pools', exact: true }).click();
    await page.getByRole('button', { name: 'New pool' }).first().click();
    await page.getByRole('dialog').getByLabel('Name', { exact: true }).fill(poolName);
    await page.getByRole('dialog').getByRole('button', { name: 'New pool' }).click();
    await expect(page.getByRole('heading', { level: 1, name: poolName })).toBeVisible();
    await page.getByLabel('E-mails').fill(shopper.email);
    await page.getByRole('button', { name: 'Add', exact: true }).click();
    await expect(page.getByRole('main').getByText('1 person added')).toBeVisible();
  });

  await step('distribute: preview, run, outcome', async () => {
    await page.getByRole('link', { name: 'Distribute', exact: true }).click();
    for (const [label, name] of [
      ['Book', bookName],
      ['Pool', poolName],
    ] as const) {
      await page.getByRole('combobox', { name: label }).fill(name);
      // Before it has searched, the list may have this one among others, and moves it.
      await expect(page.getByRole('listbox').getByRole('option')).toHaveCount(1);
      await page.getByRole('option', { name }).click();
    }
    await page.getByLabel('Coupons per person').fill('2');
    const preview = page.getByRole('region', { name: 'Preview' });
    await expect(preview.getByText(shopper.email)).toBeVisible();
    await preview.getByRole('button', { name: 'Distribute 2 coupons' }).click();
    await expect(page.getByRole('main').getByText('2 coupons given').first()).toBeVisible();
  });

  await step('switch to the user', async () => {
    await page.getByRole('link', { name: server.adminAccount.email }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await signIn(shopper.email);
    await expect(page.getByRole('heading', { level: 1, name: 'My coupons' })).toBeVisible();
    await expect(page.getByRole('article')).toHaveCount(2);
  });

  const code = (await page.getByRole('article').first().getAttribute('aria-label'))!;
  const coupon = page.getByRole('article', { name: code });
  await step('lock, and see the time run', async () => {
    await coupon.getByRole('button', { name: `Lock ${code}` }).click();
    await expect(coupon.getByText('Locked', { exact: true })).toBeVisible();
    const timer = coupon.getByRole('timer');
    await expect(timer).toHaveText(/^[0-5]:\d\d$/);
    const before = await timer.textContent();
    await expect(timer).not.toHaveText(before!);
  });

  await step('redeem', async () => {
    await coupon.getByRole('button', { name: `Redeem ${code}` }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Redeem' }).click();
    await expect(coupon.getByText('Redeemed', { exact: true })).toBeVisible();
    await expect(coupon.getByRole('button', { name: /Lock|Redeem/ })).toHaveCount(0);
  });

  await step('the history of the coupon shows all of it', async () => {
    await coupon.getByRole('link', { name: code }).first().click();
    const history = page.getByRole('list').filter({ hasText: 'Assigned to you' });
    for (const what of ['Assigned to you', /Locked until/, 'Redeemed'])
      await expect(history.getByText(what).first()).toBeVisible();
  });

  await step('so does the history for administrators', async () => {
    const admin = await open(server.adminAccount, { at: '/history/redemptions' });
    await expect(admin.getByRole('row').filter({ hasText: code })).toContainText(shopper.email);
    return admin;
  });
});
