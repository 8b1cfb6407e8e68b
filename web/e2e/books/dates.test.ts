import { ok } from '../support/api.ts';
import { makeBook } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('a time that the clocks leave out is refused with words, and not saved as another', async ({
  server,
  open,
}) => {
  const { id } = await makeBook(server, 0);
  const page = await open(server.adminAccount, { at: `/books/${id}/settings`, kept: true });
  await page.getByLabel('Starts').fill('2027-03-28T02:30');
  await expect(page.getByText('This time does not exist')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Clocks');
  await page.getByRole('button', { name: 'Save' }).click();
  const path = { id };
  expect((await ok(server.admin.GET('/api/v1/books/{id}', { params: { path } }))).name).not.toBe('Clocks');
  await page.getByLabel('Starts').fill('2027-03-28T03:30');
  await expect(page.getByText('This time does not exist')).toHaveCount(0);
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Changes saved').first()).toBeVisible();
  const saved = await ok(server.admin.GET('/api/v1/books/{id}', { params: { path } }));
  expect(saved.startsAt).toBe('2027-03-28T01:30:00.000Z');
});

test('an end at 23:59 has its last minute, and is shown as it was typed', async ({ server, open }) => {
  const { id } = await makeBook(server, 0);
  const page = await open(server.adminAccount, { at: `/books/${id}/settings`, kept: true });
  await page.getByLabel('Ends').fill('2027-12-24T23:59');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Changes saved').first()).toBeVisible();
  const path = { id };
  const saved = await ok(server.admin.GET('/api/v1/books/{id}', { params: { path } }));
  expect(saved.expiresAt).toBe('2027-12-24T23:00:00.000Z');
  await page.reload();
  await expect(page.getByLabel('Ends')).toHaveValue('2027-12-24T23:59');
});
