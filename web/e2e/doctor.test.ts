import type { Page } from '@playwright/test';
import { type Finding, finding, FINDING_REASONS } from '../../api/src/doctor/finding.ts';
import english from '../src/doctor/words.findings.en.ts';
import spanish from '../src/doctor/words.findings.es.ts';
import { ok } from './support/api.ts';
import { settled } from './support/pages.ts';
import { endOf } from './support/scene.ts';
import { expect, test } from './support/test.ts';

/** Values that show themselves: the English of the API then says which it uses. */
const BLANKS = new Proxy({}, { get: (_, name) => `{${String(name)}}` }) as never;
const blanksOf = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

// That every finding has words in both languages, the compiler sees to.
test('the words of a finding are filled with what the API sends with it, in both languages', () => {
  for (const reason of FINDING_REASONS) {
    const sent = blanksOf(finding(reason, BLANKS).detail);
    for (const { detail, advice } of [english[reason], spanish[reason]])
      expect(sent, `${reason}: ${detail}`).toEqual(expect.arrayContaining(blanksOf(`${detail} ${advice}`)));
  }
});

test('an administrator finds the doctor in the menu: what is wrong, how bad it is, what to do; and asks for a look at the data', async ({
  ownServer,
  open,
}) => {
  const admin = await open(ownServer.adminAccount, { server: ownServer, at: '/overview' });
  await admin.getByRole('link', { name: 'Doctor' }).click();
  await settled(admin);
  // The tests' database need not survive a crash.
  const fsync = admin.getByRole('listitem').filter({ hasText: 'fsync is off' });
  await expect(fsync).toContainText('Error');
  await expect(fsync).toContainText('after a crash, acknowledged changes may be lost.');
  await expect(fsync).toContainText('Set it to on.');
  await expect(fsync).toContainText('not-durable');
  await expect(admin.getByText('jobs-failed')).toHaveCount(0);

  const { id } = await ok(ownServer.admin.POST('/api/v1/books', { body: { name: 'Full' } }));
  await endOf(
    ownServer,
    ownServer.admin.POST('/api/v1/books/{id}/codes/upload', {
      params: { path: { id }, query: { onError: 'abort' } },
      body: 'code\nSAME-CODE\nSAME-CODE\n' as never,
      bodySerializer: (body: unknown) => body as BodyInit,
      headers: { 'content-type': 'text/csv' },
    }),
  );
  await admin.getByRole('button', { name: 'Look again' }).click();
  const failed = admin.getByRole('listitem').filter({ hasText: 'jobs-failed' });
  await expect(failed).toContainText('1 job failed in the last 24 hours.');
  await failed.getByRole('link', { name: 'To the jobs' }).click();
  await expect(admin).toHaveURL(/\/jobs\?status=failed/);

  await admin.goBack();
  await settled(admin);
  const compared = admin.waitForResponse(/\/api\/v1\/doctor\?data=true/);
  await admin.getByRole('checkbox', { name: 'Also compare all coupons' }).check();
  expect((await compared).status()).toBe(200);
  await expect(fsync).toBeVisible();
});

/** What the service would answer if this was found. */
const answer = (page: Page, findings: Finding[]) =>
  page.route(/\/api\/v1\/doctor/, (route) => route.fulfill({ json: { version: '1.2.3', findings } }));

test('when nothing is found, it says that all is well', async ({ server, open }) => {
  const admin = await open(server.adminAccount, { language: 'es' });
  await answer(admin, []);
  await admin.goto('/doctor');
  await expect(admin.getByText('Todo va bien')).toBeVisible();
});

test('the button waits for a look that somebody asked for, not for one that the app takes by itself', async ({
  server,
  open,
}) => {
  const admin = await open(server.adminAccount, { kept: true });
  // When the stream begins, everything is read again.
  await admin.route('**/api/v1/events/stream', () => {});
  let looks = 0;
  await admin.route(/\/api\/v1\/doctor/, async (route) => {
    looks += 1;
    // The others are never answered.
    if (looks === 1) await route.fulfill({ json: { version: '1.2.3', findings: [] } });
  });
  await admin.goto('/doctor');
  await expect(admin.getByText('All is well')).toBeVisible();
  await expect(async () => {
    await admin.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
    expect(looks).toBeGreaterThan(1);
  }).toPass();
  const button = admin.getByRole('button', { name: 'Look again' });
  await expect(button).toBeEnabled();
  await button.click();
  await expect(button).toBeDisabled();
});

const SAMPLES = {
  ...{ error: 'connect ECONNREFUSED 127.0.0.1:5432', status: 503, seconds: 42, version: '14.9' },
  ...{ encoding: 'LATIN1', names: '0044_replays', setting: 'fsync', value: 'off', free: 1, pid: 12_345 },
  ...{ application: '', minutes: 17, gid: 'shop-4711', blockedBy: '311, 312', age: 1_500_000_000 },
  ...{ name: 'standby_of_last_year', megabytes: 20_480, count: 2, rows: 120_000, relay: 'sqs' },
  ...{ email: 'admin@example.org', days: 120, bookId: '5f0c6b1e-0000-4000-8000-000000000000' },
  example: 'User 5f0c6b1e-0000-4000-8000-000000000001: 2 counted, 1 given.',
};

for (const language of ['en', 'es'] as const)
  test(`everything that can be found has its words and fits on a phone (${language})`, async ({
    server,
    open,
  }) => {
    const admin = await open(server.adminAccount, { phone: true, language });
    const all = FINDING_REASONS.map((reason) => finding(reason, SAMPLES as never, ['SELECT 1;']));
    await answer(admin, all);
    await admin.goto('/doctor');
    await settled(admin);
    const cards = admin.locator('main li').filter({ has: admin.locator('h2') });
    await expect(cards).toHaveCount(FINDING_REASONS.length);
    for (const text of await cards.allInnerTexts()) expect(text).not.toMatch(/[{}|]|findings\./);
    expect(
      await admin.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth),
    ).toBe(0);
  });
