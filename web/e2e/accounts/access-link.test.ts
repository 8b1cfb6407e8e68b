import pg from 'pg';
import type { Page } from '@playwright/test';
import { findBarriers } from '../support/axe.ts';
import { ok } from '../support/api.ts';
import { unique } from '../support/scene.ts';
import { PASSWORD } from '../support/server.ts';
import { expect, test } from '../support/test.ts';

const newEmail = () => `${unique('invited').replace(' ', '-').toLowerCase()}@example.test`;

async function choosePassword(page: Page, password: string) {
  await page.getByLabel('New password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Save and sign in' }).click();
}

/** Waits until the password is chosen. A machine with too much to do hashes none in time: the page says so, and is asked again. */
async function untilSignedIn(page: Page) {
  await expect(async () => {
    const busy = await page.getByText('The service does not answer').isVisible();
    if (busy) await page.getByRole('button', { name: 'Save and sign in' }).click();
    await expect(page.getByRole('heading', { level: 1, name: 'My coupons' })).toBeVisible({ timeout: 5_000 });
  }).toPass();
}

test('an administrator gives an access link, and the person signs in by it, once', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of (400|410|503)/);
  const email = newEmail();
  await ok(server.admin.POST('/api/v1/users', { body: { email } }));
  const admin = await open(server.adminAccount, { at: `/users?q=${email}`, kept: true });
  await expect(admin.getByText('Invited', { exact: true })).toBeVisible();
  await admin.getByRole('button', { name: `Actions for ${email}` }).click();
  await admin.getByRole('menuitem', { name: 'Access link…' }).click();
  await admin.getByRole('button', { name: 'Create link' }).click();
  const shown = admin.getByLabel('Access link', { exact: true });
  await expect(shown).toHaveValue(/\/access#[\w-]{43}$/);
  await admin.getByRole('button', { name: 'Copy link' }).click();
  const link = await shown.inputValue();
  await expect.poll(() => admin.evaluate(() => navigator.clipboard.readText())).toBe(link);
  expect(await findBarriers(admin)).toEqual([]);

  const asked: string[] = [];
  const page = await open(null);
  page.on('request', (request) => asked.push(request.url(), request.headers().referer ?? ''));
  await page.goto(link);
  await expect(page.getByText(email)).toBeVisible();
  expect(await findBarriers(page)).toEqual([]);
  await choosePassword(page, 'password123');
  await expect(page.getByText('Too easy to guess: choose another')).toBeVisible();
  await choosePassword(page, PASSWORD);
  await untilSignedIn(page);
  expect(asked.filter((address) => address.includes(link.split('#')[1]!))).toEqual([]);

  const again = await open(null, { at: link });
  await expect(again.getByText('This access link has been used.')).toBeVisible();
  await again.getByRole('link', { name: 'Sign in' }).click();
  await again.getByLabel('E-mail').fill(email);
  await again.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await again.getByRole('button', { name: 'Sign in' }).click();
  await expect(again.getByRole('heading', { level: 1, name: 'My coupons' })).toBeVisible();
});

test('a link that is replaced or incomplete says what to do, also in Spanish on a phone', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of (400|410)/);
  const { id } = await ok(server.admin.POST('/api/v1/users', { body: { email: newEmail() } }));
  const give = async () =>
    (await ok(server.admin.POST('/api/v1/users/{id}/access-link', { params: { path: { id } } }))).link;
  const before = await give();
  const now = await give();
  const page = await open(null, { at: before });
  await expect(page.getByText('a newer link has replaced it', { exact: false })).toBeVisible();
  await page.goto('/access');
  await expect(page.getByText('This access link does not work.')).toBeVisible();

  const phone = await open(null, { at: now, phone: true, language: 'es' });
  await expect(phone.getByRole('heading', { name: 'Elija una contraseña' })).toBeVisible();
  await phone.getByLabel('Contraseña nueva', { exact: true }).fill(PASSWORD);
  // Replaced while the page was open.
  await give();
  await phone.getByRole('button', { name: 'Guardar y entrar' }).click();
  await expect(phone.getByText('Este enlace de acceso no funciona.')).toBeVisible();
  expect(
    await phone.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
  ).toBe(0);
});

test('somebody who is signed in as another opens a link, and is then who it is for', async ({
  server,
  open,
  faults,
}) => {
  faults.allow(/status of 503/);
  const email = newEmail();
  const { id } = await ok(server.admin.POST('/api/v1/users', { body: { email } }));
  const { link } = await ok(
    server.admin.POST('/api/v1/users/{id}/access-link', { params: { path: { id } } }),
  );
  const page = await open(server.adminAccount, { at: link });
  await choosePassword(page, PASSWORD);
  await untilSignedIn(page);
  await page.goto('/account');
  await expect(page.getByText(email)).toBeVisible();
});

test('whoever has the initial password is asked to change it, until it is changed', async ({
  ownServer,
  open,
}) => {
  const client = new pg.Client({ connectionString: ownServer.databaseUrl });
  await client.connect();
  await client.query('UPDATE users SET initial_password = true');
  await client.end();
  const page = await open(ownServer.adminAccount, { server: ownServer, at: '/overview' });
  await page.getByRole('link', { name: 'Change it now' }).click();
  await page.getByLabel('Current password', { exact: true }).fill(ownServer.adminAccount.password);
  await page.getByLabel('New password', { exact: true }).fill('the next long sentence');
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Password changed', { exact: true })).toBeVisible();
  await expect(page.getByText('You are still using the initial password', { exact: false })).toHaveCount(0);
});
