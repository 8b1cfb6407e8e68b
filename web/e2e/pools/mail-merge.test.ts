import { readFile } from 'node:fs/promises';
import { ok } from '../support/api.ts';
import { settled } from '../support/pages.ts';
import { endOf, makeBook, unique } from '../support/scene.ts';
import { expect, test } from '../support/test.ts';

test('people who were invited to a pool are written to: their links and codes are in a file, and a link lets one in', async ({
  server,
  open,
}) => {
  const { admin } = server;
  const emails = [1, 2].map((n) => `${unique(`invited${n}`).replace(' ', '-')}@example.test`);
  const pool = await ok(admin.POST('/api/v1/pools', { body: { name: unique('Pool') } }));
  const path = { id: pool.id };
  const page = await open(server.adminAccount, { at: `/pools/${pool.id}`, kept: true });
  await settled(page);
  await page.getByRole('textbox', { name: 'E-mails' }).fill(emails.join('\n'));
  await page.getByRole('checkbox', { name: 'Create accounts for people who have none' }).check();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('2 people added · 2 accounts created')).toBeVisible();
  const download = async () => {
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Download mail-merge file' }).click();
    return readFile(await (await coming).path(), 'utf8');
  };
  const file = await download();
  for (const email of emails) expect(file).toContain(`${email},,${server.url}/access#`);

  const book = await makeBook(server, 4);
  const job = await endOf(
    server,
    admin.POST('/api/v1/pools/{id}/distribute', {
      params: { path },
      body: { bookId: book.id, mode: 'equal', perUser: 1, onShortage: 'refuse' },
    }),
  );
  await page.goto(`/jobs/${job.id}`);
  await page.getByRole('combobox', { name: 'Access links' }).selectOption('renew');
  await expect(page.getByText('stop working: send this file', { exact: false })).toBeVisible();
  const [, , link, , code] = (await download()).split('\r\n')[1]!.split(',');
  const person = await open(null, { at: link });
  await person.getByLabel('New password', { exact: true }).fill('a long and unusual sentence');
  await person.getByRole('button', { name: 'Save and sign in' }).click();
  await expect(person.getByText(code!)).toBeVisible();
});
