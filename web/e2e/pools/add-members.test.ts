import { ok } from '../support/api.ts';
import { findBarriers } from '../support/axe.ts';
import { settled } from '../support/pages.ts';
import { makePerson, unique } from '../support/scene.ts';
import { PASSWORD } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

test('people who get accounts as they are added get them once, however often it is tried, and another list stays to be sent', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/ERR_FAILED|ERR_CONNECTION_RESET/);
  const person = await makePerson(server);
  const { id } = await ok(server.admin.POST('/api/v1/pools', { body: { name: unique('Pool') } }));
  const page = await open(server.adminAccount, { at: `/pools/${id}`, kept: true });
  await settled(page);
  const list = page.getByRole('textbox', { name: 'E-mails' });
  const stranger = `${unique('stranger').replace(' ', '-')}@example.test`;
  await list.fill(stranger);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('0 people added')).toBeVisible();
  await expect(list, 'what was sent').toHaveValue('');

  // Its answer is lost.
  const sent: string[] = [];
  await page.route(`**/pools/${id}/users?invite=*`, async (route, request) => {
    sent.push(`${request.headers()['idempotency-key']} ${request.url()} ${request.postData()}`);
    if (sent.length > 1) return route.continue();
    expect((await route.fetch()).status()).toBe(200);
    await route.abort('connectionreset');
  });
  await list.fill(person.email);
  await page.getByRole('button', { name: 'Create accounts for them and add them' }).click();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByText('1 person added · 1 account created')).toBeVisible();
  expect(sent).toHaveLength(2);
  expect(sent[1]).toBe(sent[0]);
  await expect(list, 'what was not sent').toHaveValue(person.email);

  const file = { name: 'people.csv', mimeType: 'text/csv', buffer: Buffer.from(`email\n${stranger}\n`) };
  await page.locator('input[type="file"]').setInputFiles(file);
  await expect(page.getByText('1 was already in the pool')).toBeVisible();
  await expect(list, 'what was not sent').toHaveValue(person.email);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('1 person added', { exact: true })).toBeVisible();
  await expect(list, 'what was sent').toHaveValue('');
});

test('an account that nobody confirmed is added to a pool only when the administrator decides so', async ({
  server,
  open,
}) => {
  const email = `${unique('customer').replace(' ', '-')}@example.test`;
  await ok(server.admin.POST('/api/v1/auth/register', { body: { email, password: PASSWORD } }));
  const { id } = await ok(server.admin.POST('/api/v1/pools', { body: { name: unique('Pool') } }));
  const page = await open(server.adminAccount, { at: `/pools/${id}`, kept: true });
  await settled(page);
  await page.getByRole('textbox', { name: 'E-mails' }).fill(email);
  await page.getByRole('checkbox', { name: 'Create accounts for people who have none' }).check();
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await expect(page.getByText('1 account is not confirmed and was not added')).toBeVisible();
  await expect(page.getByText('It may be a stranger', { exact: false })).toBeVisible();
  expect(await findBarriers(page)).toEqual([]);
  expect((await ok(server.admin.GET('/api/v1/pools/{id}', { params: { path: { id } } }))).members).toBe(0);
  await page.getByRole('button', { name: 'Add them anyway' }).click();
  await expect(page.getByText('1 person added', { exact: true })).toBeVisible();
  await expect(page.getByRole('row', { name: email }).getByText('Unconfirmed')).toBeVisible();
});

test('what is wrong in a pasted list is named by its line there, and a text without e-mails is said to be none', async ({
  server,
  open,
}) => {
  const { id } = await ok(server.admin.POST('/api/v1/pools', { body: { name: unique('Pool') } }));
  const page = await open(server.adminAccount, { at: `/pools/${id}`, kept: true });
  await settled(page);
  const list = page.getByRole('textbox', { name: 'E-mails' });
  const add = page.getByRole('button', { name: 'Add', exact: true });
  await list.fill('nobody at all');
  await add.click();
  await expect(page.getByText('No list of e-mails was found here', { exact: false })).toBeVisible();
  await expect(list).toHaveValue('nobody at all');
  await list.fill('nobody@example.test\nnot an e-mail');
  await add.click();
  const row = (text: string) =>
    page.getByRole('region', { name: 'Who was not added' }).getByRole('row', { name: text });
  await expect(row('nobody@example.test')).toContainText(/^1/);
  await expect(row('not an e-mail')).toContainText(/^2/);
  await expect(page.getByText('No list of e-mails', { exact: false })).toBeHidden();
});
