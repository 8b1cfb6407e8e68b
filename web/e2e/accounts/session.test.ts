import { makePerson, unique } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('a session that ends asks for the password over the page, and what was typed is still there', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of 401/);
  const person = await makePerson(server, 'ADMIN');
  const page = await open(person);
  await page.clock.install();
  await page.goto('/books/new');
  const name = unique('Half typed');
  await page.getByLabel('Name', { exact: true }).fill(name);
  const create = page.getByRole('button', { name: 'Create book' });

  await page.context().clearCookies();
  await page.clock.fastForward('20:00');
  // Not with the mouse: what goes on in the background may have found the end before, and the question covers the button.
  await create.dispatchEvent('click');
  const dialog = page.getByRole('dialog', { name: 'Your session has ended' });
  await dialog.getByLabel('Password', { exact: true }).fill('not the password');
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog.getByText('wrong', { exact: false }).first()).toBeVisible();
  await dialog.getByLabel('Password', { exact: true }).fill(person.password);
  await dialog.getByRole('button', { name: 'Continue' }).click();
  await expect(dialog).toHaveCount(0);

  await expect(page).toHaveURL(/\/books\/new$/);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(name);
  await create.click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
});
