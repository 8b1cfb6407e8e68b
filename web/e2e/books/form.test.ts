import type { Page } from '@playwright/test';
import { ok } from '../support/api.ts';
import { makeBook, makePerson, unique } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('metadata of a book is any JSON object: what is none, or refused, stays in the form; what is stored can be changed', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of 400/);
  const name = unique('Book');
  const page = await open(await makePerson(server, 'ADMIN'), { at: '/books/new' });
  await page.getByLabel('Name', { exact: true }).fill(name);
  const metadata = page.getByLabel('Metadata');
  const create = page.getByRole('button', { name: 'Create book' });

  await metadata.fill('["a list"]');
  await create.click();
  await expect(metadata).toBeFocused();
  await expect(metadata).toHaveAccessibleDescription(/This is not a JSON object\./);
  await expect(metadata).toHaveValue('["a list"]');
  const bookOf = async () =>
    (await ok(server.admin.GET('/api/v1/books', { params: { query: { limit: 200 } } }))).items.find(
      (book) => book.name === name,
    );
  expect(await bookOf()).toBeUndefined();

  const tooLarge = JSON.stringify({ text: 'x'.repeat(4096) });
  await metadata.fill(tooLarge);
  await create.click();
  await expect(metadata).toHaveAccessibleDescription(/Too large: at most 4,096 bytes/);
  await expect(metadata).toHaveValue(tooLarge);
  expect(await bookOf()).toBeUndefined();

  await metadata.fill('{"campaign": "summer", "areas": [1, 2]}');
  await create.click();
  await page.waitForURL(/\/books\/.+\/codes$/);
  const { id, metadata: stored } = (await bookOf())!;
  expect(stored).toEqual({ campaign: 'summer', areas: [1, 2] });

  await page.goto(`/books/${id}/settings`);
  await expect(metadata).toHaveValue(/"campaign": "summer"/);
  await metadata.fill('');
  await saveChanges(page);
  expect((await bookOf())!.metadata).toEqual({});
});

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

test('what somebody else changes in a book shows in its settings and is not changed back; what is typed stays', async ({
  server,
  open,
}) => {
  const { id } = await makeBook(server, 0, { description: 'Before', lockTtlSeconds: 300 });
  const page = await open(await makePerson(server, 'ADMIN'));
  await page.clock.install();
  await page.goto(`/books/${id}/settings`);
  const amount = page.getByRole('spinbutton', { name: 'Lock' });
  await amount.fill('7');
  const path = { id };
  const theirs = { name: unique('Theirs'), description: 'Theirs', lockTtlSeconds: 7200 };
  await ok(server.admin.PATCH('/api/v1/books/{id}', { params: { path }, body: theirs }));

  await page.clock.fastForward('00:10');
  // A read that is on its way may have been answered before theirs.
  await expect(async () => {
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    await expect(page.getByRole('heading', { level: 1, name: theirs.name })).toBeVisible({ timeout: 1_000 });
    await page.clock.fastForward('00:10');
  }).toPass();
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue(theirs.name);
  await expect(page.getByLabel('Description')).toHaveValue('Theirs');
  await expect(amount).toHaveValue('7');
  await expect(page.getByLabel('Unit')).toHaveValue('minutes');
  await saveChanges(page);
  expect(await ok(server.admin.GET('/api/v1/books/{id}', { params: { path } }))).toMatchObject({
    ...theirs,
    lockTtlSeconds: 420,
  });
});

async function saveChanges(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Save changes' }).click();
  await expect(page.getByText('Unsaved changes')).toHaveCount(0);
}
