import { ok } from '../support/api.ts';
import { giveCoupon, makeBook, makePerson } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('an upload is undone from the book: what was given stays, and the question says how many there are', async ({
  server,
  open,
}) => {
  const book = await makeBook(server, 12);
  const { items } = await ok(server.admin.GET('/api/v1/jobs', { params: { query: { bookId: book.id } } }));
  const person = await makePerson(server);
  await giveCoupon(server, book, person);
  const page = await open(server.adminAccount, {
    at: `/books/${book.id}/codes?job=${items[0]!.id}`,
    kept: true,
  });
  await page.getByRole('button', { name: 'Undo this generation' }).click();
  const dialog = page.getByRole('dialog', { name: 'Undo this generation?' });
  await expect(dialog).toContainText('It stored 12 codes.');
  await dialog.getByRole('button', { name: 'Undo this generation' }).click();
  await expect(page.getByText('11 codes removed')).toBeVisible();
  await expect(page.getByText('1 kept: has an owner')).toBeVisible();
});
