import type { Page } from '@playwright/test';
import { ok } from './support/api.ts';
import { makeBook, makePerson } from './support/scene.ts';
import { expect, test } from './support/test.ts';

test('saving a book changes what was changed and nothing else: a date keeps its seconds', async ({
  server,
  open,
}) => {
  const startsAt = '2026-01-31T22:59:30.500Z';
  const book = await makeBook(server, 0, { startsAt });
  const page = await open(await makePerson(server, 'ADMIN'), { at: `/books/${book.id}/settings` });
  const starts = page.getByLabel('Starts');
  await expect(starts).toHaveValue('2026-01-31T23:59');
  await page.getByLabel('Ends').fill('2026-12-24T18:00');
  await saveChanges(page);
  const read = () => ok(server.admin.GET('/api/v1/books/{id}', { params: { path: { id: book.id } } }));
  expect(await read()).toMatchObject({ startsAt, expiresAt: '2026-12-24T17:00:00.000Z' });

  await starts.fill('');
  await saveChanges(page);
  expect(await read()).toMatchObject({ startsAt: null });
});

async function saveChanges(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Not saved yet')).toHaveCount(0);
}
