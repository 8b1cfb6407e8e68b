import { findBarriers } from '../support/axe.ts';
import { DESKTOP, findSideways, PHONE, settled } from '../support/pages.ts';
import { giveCoupon, makeBook, makePerson } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('on a phone the filters of a list are behind a button that says how many are set, and the list is on the screen', async ({
  server,
  open,
}) => {
  const person = await makePerson(server);
  const book = await makeBook(server, 1);
  const code = await giveCoupon(server, book, person);
  for (const [address, count, field, language] of [
    [`/history/events?book=${book.id}&user=${person.id}`, 2, 'Code starts with', 'en'],
    [`/history/redemptions?book=${book.id}`, 1, 'El código empieza por', 'es'],
    [`/books/${book.id}/coupons?state=ASSIGNED&code=${code}`, 1, 'State', 'en'],
    [`/users?role=USER&state=enabled&q=${person.email}`, 2, 'Role', 'en'],
  ] as const) {
    const page = await open(server.adminAccount, { at: address, language, kept: true });
    await settled(page);
    await page.setViewportSize(PHONE);
    const words = language === 'en' ? 'Filters' : 'Filtros';
    const button = page.getByRole('button', { name: `${words} (${count})`, exact: true });
    const input = page.getByRole('main').getByLabel(field, { exact: true });
    await expect(button).toHaveAttribute('aria-expanded', 'false');
    await expect(input).toBeHidden();
    if (language === 'en')
      await expect(page.getByRole('main').locator('tbody tr').first()).toBeInViewport({ ratio: 0.5 });
    expect(await findSideways(page), address).toEqual([]);
    await button.click();
    await expect(input).toBeVisible();
    expect(await findSideways(page), address).toEqual([]);
    expect(await findBarriers(page), address).toEqual([]);

    await page.setViewportSize(DESKTOP);
    await expect(button).toBeHidden();
    await expect(input).toBeVisible();
  }
});

test('the filters of a phone are opened, closed and cleared by keyboard, and the focus stays with them', async ({
  server,
  open,
}) => {
  const [person, other] = [await makePerson(server), await makePerson(server)];
  const book = await makeBook(server, 2);
  const [code, others] = [await giveCoupon(server, book, person), await giveCoupon(server, book, other)];
  const page = await open(server.adminAccount, {
    at: `/history/events?book=${book.id}&user=${person.id}`,
    kept: true,
  });
  await page.setViewportSize(PHONE);
  const row = (text: string) => page.locator('tbody tr').filter({ hasText: text });
  await expect(row(code)).toBeVisible();
  const button = page.getByRole('button', { name: /^Filters/ });
  const type = page.getByLabel('What happened');
  await button.focus();
  await page.keyboard.press('Enter');
  await expect(button).toHaveAttribute('aria-expanded', 'true');
  await expect(button).toBeFocused();
  await type.selectOption('Assigned');
  await expect(page).toHaveURL(/type=coupon\.assigned/);
  await expect(button).toHaveText('Filters (3)');
  await button.focus();
  await page.keyboard.press('Space');
  await expect(type).toBeHidden();
  await expect(button).toBeFocused();

  // What the address says is set, also when it is opened anew.
  await page.reload();
  await expect(button).toHaveText('Filters (3)');
  await expect(row(others)).toHaveCount(0);
  await button.focus();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Clear filters' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/history\/events$/);
  await expect(button).toHaveText('Filters');
  await expect(button).toBeFocused();
  await expect(row(others)).toBeVisible();
});

test('filters that are set in a row, before the address has the first, are all kept', async ({
  server,
  open,
}) => {
  const page = await open(server.adminAccount, { at: '/users', kept: true });
  await settled(page);
  await page.evaluate(async () => {
    const [search, role, state] = document.querySelectorAll<HTMLInputElement | HTMLSelectElement>(
      'main form :is(input, select)',
    );
    for (const [field, value, event] of [
      [search!, 'nobody', 'input'],
      [role!, 'ADMIN', 'change'],
      [state!, 'disabled', 'change'],
    ] as const) {
      field.value = value;
      field.dispatchEvent(new Event(event, { bubbles: true }));
      // So that the next is set when the navigation before this one has ended and this one's has not.
      await new Promise((resolve) => setTimeout(resolve));
    }
  });
  await expect(page).toHaveURL((url) => url.search === '?q=nobody&role=ADMIN&state=disabled');
  await expect(page.getByLabel('Role')).toHaveValue('ADMIN');
});
