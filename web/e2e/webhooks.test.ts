import type { Page } from '@playwright/test';
import pg from 'pg';
import { type Behaviour, openReceiver, type Receiver } from '../../api/test/support/open-receiver.ts';
import { findBarriers } from './support/axe.ts';
import { ok } from './support/api.ts';
import { settled } from './support/pages.ts';
import { giveCoupon, makeBook, makePerson } from './support/scene.ts';
import type { TestServer } from './support/server.ts';
import { expect, test as base } from './support/test.ts';

interface Fixtures {
  /** Opens somebody's server for webhooks, which ends with the test. */
  receive: (behave?: Behaviour) => Promise<Receiver>;
}

const test = base.extend<Fixtures>({
  receive: async ({}, use) => {
    const opened: Receiver[] = [];
    await use(async (behave) => {
      const receiver = await openReceiver(behave);
      opened.push(receiver);
      return receiver;
    });
    for (const receiver of opened) receiver.close();
  },
});

const answerWith =
  (status: number, text = ''): Behaviour =>
  (_request, response) =>
    void response.writeHead(status).end(text);

const makeWebhook = ({ admin }: TestServer, url: string, types = ['coupon.assigned'] as const) =>
  ok(admin.POST('/api/v1/webhooks', { body: { url, types: [...types] } }));

const sendTest = ({ admin }: TestServer, id: string) =>
  ok(admin.POST('/api/v1/webhooks/{id}/test', { params: { path: { id } } }));

const rows = (page: Page) => page.getByRole('region', { name: 'Deliveries' }).locator('tbody tr');

test('an administrator adds a webhook, sees its secret once, and sends it a test event', async ({
  server,
  open,
  receive,
  faults,
}) => {
  faults.allow(/status of 400/);
  const receiver = await receive();
  const book = await makeBook(server, 0);
  const page = await open(server.adminAccount, { at: '/webhooks', kept: true });
  await page.getByRole('button', { name: 'Add webhook' }).first().click();
  const dialog = page.getByRole('dialog');

  // What the API refuses is said at its field, in the words of its reason.
  await dialog.getByLabel('Address').fill('http://10.0.0.1/hook');
  await dialog.getByRole('button', { name: 'Add webhook' }).click();
  await expect(dialog.getByText('Must lead to a public address')).toBeVisible();
  await expect(dialog.getByLabel('Address')).toBeFocused();
  await dialog.getByLabel('Address').fill('http://user@example.org/hook');
  await dialog.getByRole('button', { name: 'Add webhook' }).click();
  await expect(dialog.getByText('Must not contain a user or password')).toBeVisible();

  await dialog.getByLabel('Address').fill(receiver.url);
  await dialog.getByLabel('Name').fill('The till');
  await dialog.getByLabel('Only these books').check();
  await expect(dialog.getByRole('button', { name: 'Add webhook' })).toBeDisabled();
  await dialog.getByLabel('Add a book').fill(book.name);
  await expect(page.getByRole('listbox').getByRole('option')).toHaveCount(1);
  await page.getByRole('option', { name: book.name }).click();
  await expect(dialog.getByRole('link', { name: book.name })).toBeVisible();
  await expect(dialog.getByLabel('Add a book')).toHaveValue('');
  await dialog.getByLabel('Job finished').check();
  expect(await findBarriers(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Add webhook' }).click();

  const secret = await dialog.getByLabel('Secret', { exact: true }).inputValue();
  expect(secret).toMatch(/^whsec_/);
  await dialog.getByRole('button', { name: 'Copy secret' }).click();
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
  expect(await findBarriers(page)).toEqual([]);
  await dialog.getByRole('button', { name: 'Close' }).last().click();

  await expect(page.getByRole('heading', { level: 1, name: 'The till' })).toBeVisible();
  await expect(page.getByText('Not tried yet')).toBeVisible();
  await expect(page.getByText('Coupon assigned · Coupon redeemed · Job finished')).toBeVisible();
  await page.getByRole('button', { name: 'Send test' }).click();
  await expect(rows(page)).toContainText([/Test message.*Delivered.*204/]);
  await expect(page.getByText('Works')).toBeVisible();
  expect(receiver.received).toHaveLength(1);
  await page.reload();
  await settled(page);
  expect(await page.content()).not.toContain('whsec_');
});

test('a webhook that fails shows what was sent and answered, and is replayed in two clicks', async ({
  server,
  open,
  receive,
}) => {
  let status = 500;
  const receiver = await receive((_request, response) => {
    response.writeHead(status).end(`the till says ${status}`);
  });
  const webhook = await makeWebhook(server, receiver.url);
  const book = await makeBook(server, 1);
  const page = await open(server.adminAccount, { kept: true });
  const stream = page.waitForResponse('**/api/v1/events/stream');
  await page.goto(`/webhooks/${webhook.id}`);
  await settled(page);
  await stream;
  // It appears by itself.
  await giveCoupon(server, book, await makePerson(server));
  await expect(rows(page)).toContainText(['Coupon assigned']);
  await expect(rows(page).first()).toContainText('500');
  await expect(page.getByText(/It has failed since/)).toBeVisible();

  await rows(page).first().getByRole('button').click();
  const dialog = page.getByRole('dialog', { name: 'Coupon assigned' });
  await expect(dialog.getByText('the till says 500').first()).toBeVisible();
  await expect(dialog.getByText(`"name": "${book.name}"`)).toBeVisible();
  expect(await findBarriers(page)).toEqual([]);
  status = 200;
  const before = receiver.received.length;
  await dialog.getByRole('button', { name: 'Send again' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(rows(page).first()).toContainText('Delivered');
  expect(receiver.received.length).toBeGreaterThan(before);
  await expect(page.getByText('Works')).toBeVisible();
});

test('the page of a webhook that is read just before a delivery ends shows how the webhook does after it', async ({
  server,
  open,
  receive,
}) => {
  const webhook = await makeWebhook(server, (await receive()).url);
  const path = { id: webhook.id };
  const before = await ok(server.admin.GET('/api/v1/webhooks/{id}', { params: { path } }));
  await sendTest(server, webhook.id);
  const request = { params: { path, query: { status: 'delivered' } } } as const;
  await expect
    .poll(async () => (await ok(server.admin.GET('/api/v1/webhooks/{id}/deliveries', request))).items.length)
    .toBe(1);
  const page = await open(server.adminAccount, { kept: true });
  // When the stream begins, everything is read again.
  await page.route('**/api/v1/events/stream', () => {});
  await page.route(`**/api/v1/webhooks/${webhook.id}`, (route) => route.fulfill({ json: before }), {
    times: 1,
  });
  await page.goto(`/webhooks/${webhook.id}`);
  await expect(rows(page)).toContainText(['Delivered']);
  await expect(page.getByText('Works')).toBeVisible();
});

test('a webhook that was switched off says why, and is switched on again', async ({
  server,
  open,
  receive,
}) => {
  let status = 410;
  const receiver = await receive((_request, response) => void response.writeHead(status).end());
  const webhook = await makeWebhook(server, receiver.url);
  await sendTest(server, webhook.id);
  const page = await open(server.adminAccount, { at: `/webhooks/${webhook.id}`, kept: true });
  await expect(page.getByText('Switched off because the address answered 410 (gone).')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Send test' })).toHaveCount(0);
  status = 204;
  await page.getByRole('button', { name: 'Switch on' }).click();
  await page.getByRole('button', { name: 'Send test' }).click();
  await expect(page.getByText('Works')).toBeVisible();

  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Switch off' }).click();
  await expect(page.getByText('Somebody switched it off.')).toBeVisible();
});

test('a new secret is shown once, and the former one ends when it has leaked', async ({
  server,
  open,
  receive,
}) => {
  const webhook = await makeWebhook(server, (await receive()).url);
  const page = await open(server.adminAccount, { at: `/webhooks/${webhook.id}`, kept: true });
  const dialog = page.getByRole('dialog');
  const rotate = async (leaked: boolean) => {
    await page.getByRole('button', { name: 'More actions' }).click();
    await page.getByRole('menuitem', { name: 'New secret' }).click();
    if (leaked) await dialog.getByLabel('The former secret has leaked').check();
    await dialog.getByRole('button', { name: 'New secret' }).click();
    const secret = await dialog.getByLabel('Secret', { exact: true }).inputValue();
    await dialog.getByRole('button', { name: 'Close' }).last().click();
    await expect(dialog).toHaveCount(0);
    return secret;
  };
  const second = await rotate(false);
  expect(second).not.toBe(webhook.secret);
  await expect(page.getByText(/The former one also signs until/)).toBeVisible();
  expect(await rotate(true)).not.toBe(second);
  await expect(page.getByText(/The former one also signs until/)).toHaveCount(0);
});

test('everything since a time is sent again, and what cannot be a time is refused at its field', async ({
  server,
  open,
  receive,
  faults,
}) => {
  faults.allow(/status of 400/);
  const book = await makeBook(server, 1);
  const code = await giveCoupon(server, book, await makePerson(server));
  const receiver = await receive();
  const webhook = await makeWebhook(server, receiver.url);
  const page = await open(server.adminAccount, { at: `/webhooks/${webhook.id}`, kept: true });
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Send again since …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('From').fill('2026-01-02T10:00');
  await dialog.getByLabel('Before').fill('2026-01-01T10:00');
  await dialog.getByRole('button', { name: 'Send again' }).click();
  await expect(dialog.getByText('Must be after the first time')).toBeVisible();
  expect(await findBarriers(page)).toEqual([]);
  await dialog.getByLabel('Before').fill('');
  await dialog.getByRole('button', { name: 'Send again' }).click();
  await expect(page.getByText('The events are being sent again.').first()).toBeVisible();
  await expect
    .poll(() => receiver.received.some(({ body }) => body.includes(`${code.slice(0, 2)}***`)))
    .toBe(true);
});

test('deliveries are filtered by status, and the address keeps the filter', async ({
  server,
  open,
  receive,
}) => {
  let status = 204;
  const receiver = await receive((_request, response) => void response.writeHead(status).end());
  const webhook = await makeWebhook(server, receiver.url);
  await sendTest(server, webhook.id);
  const page = await open(server.adminAccount, { at: `/webhooks/${webhook.id}`, kept: true });
  await expect(rows(page)).toContainText(['Delivered']);
  status = 500;
  await sendTest(server, webhook.id);
  await page.reload();
  await expect(rows(page)).toHaveCount(2);
  await page.getByLabel('Status').selectOption('Waiting');
  await expect(rows(page)).toContainText(['500']);
  await expect(rows(page)).toHaveCount(1);
  await expect(page).toHaveURL(/status=pending/);
  await page.reload();
  await expect(rows(page)).toHaveCount(1);
  await page.getByLabel('Status').selectOption('Failed');
  await expect(page.getByText('Nothing found')).toBeVisible();
});

test('a webhook is changed and deleted', async ({ server, open, receive, faults }) => {
  faults.allow(/status of 400/);
  const webhook = await makeWebhook(server, (await receive()).url);
  const page = await open(server.adminAccount, { at: `/webhooks/${webhook.id}`, kept: true });
  await page.getByRole('button', { name: 'Change' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByLabel('Coupon assigned')).toBeChecked();
  await dialog.getByLabel('Address').fill('https://127.1.1.1/');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog.getByText('Must lead to a public address')).toBeVisible();
  await dialog.getByLabel('Address').fill(webhook.url);
  await dialog.getByLabel('Coupon assigned').uncheck();
  await expect(dialog.getByText('Choose at least one event.')).toBeVisible();
  await dialog.getByLabel('Coupon redeemed').check();
  await dialog.getByLabel('Send whole codes').check();
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByText('Whole codes')).toBeVisible();
  await page.getByRole('button', { name: 'More actions' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Webhooks' })).toBeVisible();
  await expect(page.getByText(webhook.url)).toHaveCount(0);
});

test('each reason why a webhook is off has its words, in both languages, also on a phone', async ({
  server,
  open,
  receive,
}) => {
  // Nothing that a browser would break a line at.
  const { url } = await receive(answerWith(204));
  const webhook = await makeWebhook(server, `${url}/${'loyalty'.repeat(20)}`);
  const client = new pg.Client({ connectionString: server.databaseUrl });
  await client.connect();
  for (const [reason, english, spanish] of [
    [
      'failing',
      'Switched off because it failed for three days.',
      'Desactivado porque falló durante tres días.',
    ],
    [
      'backlog',
      'Switched off because it was three days behind.',
      'Desactivado porque llevaba tres días de retraso.',
    ],
  ] as const) {
    await client.query('UPDATE webhooks SET disabled_at = now(), disabled_reason = $2 WHERE id = $1', [
      webhook.id,
      reason,
    ]);
    const page = await open(server.adminAccount, { at: `/webhooks/${webhook.id}`, kept: true });
    await expect(page.getByText(english)).toBeVisible();
    const phone = await open(server.adminAccount, {
      at: `/webhooks/${webhook.id}`,
      phone: true,
      language: 'es',
      dark: true,
    });
    await expect(phone.getByText(spanish)).toBeVisible();
    expect(
      await phone.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    ).toBe(0);
  }
  await client.end();
});
