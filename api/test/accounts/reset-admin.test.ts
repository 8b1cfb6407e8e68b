import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { nodeEnvironment } from '../../race/server-process.ts';
import { resetAdmin } from '../../src/modules/accounts/people/reset-admin.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { GOOD_PASSWORD, login, register } from '../support/auth.ts';
import { launchServer, untilReady } from '../support/server.ts';

const root = join(import.meta.dirname, '../../..');

let t: TestApp;
beforeEach(async () => {
  t = await startTestApp({ patient: true });
});
afterEach(() => t.close());

const use = (token: string) =>
  t.app.inject({
    method: 'POST',
    url: '/api/v1/auth/password/reset',
    payload: { token, password: GOOD_PASSWORD },
  });

/** Runs the program as a person does. */
async function run(env: Record<string, string>, args: string[] = []) {
  const child = spawn(process.execPath, [join(root, 'scripts/run.mjs'), 'scripts/reset-admin.ts', ...args], {
    cwd: root,
    env: { ...nodeEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [status] = (await once(child, 'close')) as [number];
  return { status, output, token: /\/access#([\w-]{43})/.exec(output)?.[1] };
}

test('the only administrator gets a link that lets them in', async () => {
  const admin = await t.asAdmin({ email: 'boss@example.test' });
  const reset = await resetAdmin(t.db, undefined);
  expect(reset).toMatchObject({ email: admin.email, changes: [] });
  expect((await use(reset.token)).json()).toMatchObject({ user: { id: admin.id, role: 'ADMIN' } });
});

test('of several, the enabled one; of several enabled ones the caller chooses', async () => {
  await t.asAdmin({ email: 'gone@example.test', disabled: true });
  await t.asAdmin({ email: 'boss@example.test' });
  expect(await resetAdmin(t.db, undefined)).toMatchObject({ email: 'boss@example.test', changes: [] });
  await t.asAdmin({ email: 'chief@example.test' });
  await expect(resetAdmin(t.db, undefined)).rejects.toThrow(
    'Administrators: gone@example.test (disabled), boss@example.test, chief@example.test. Choose one with --email.',
  );
  const gone = await resetAdmin(t.db, ' GONE@example.test');
  expect(gone.changes).toEqual(['enabled']);
  expect((await use(gone.token)).statusCode).toBe(200);
});

test('an e-mail names any account, which becomes an administrator’s; one without an account is refused', async () => {
  const account = await register(t.app, { email: 'ada@example.test' });
  await expect(resetAdmin(t.db, undefined)).rejects.toThrow('There is no administrator');
  await expect(resetAdmin(t.db, 'nobody@example.test')).rejects.toThrow(
    'There is no account with the e-mail nobody@example.test.',
  );
  const reset = await resetAdmin(t.db, 'ada@example.test');
  expect(reset.changes).toEqual(['promoted']);
  expect((await use(reset.token)).json()).toMatchObject({ user: { id: account.id, role: 'ADMIN' } });
});

test('npm run reset-admin prints the link once, for a database of one’s own', async () => {
  await t.asAdmin({ email: 'boss@example.test' });
  const env = { DATABASE_URL: t.databaseUrl, PUBLIC_URL: 'https://coupons.example.com' };
  const { status, output, token } = await run(env);
  expect([status, output]).toEqual([0, expect.stringContaining('https://coupons.example.com/access#')]);
  expect(output).toContain('boss@example.test');
  expect((await use(token!)).statusCode).toBe(200);
  const refused = await run(env, ['--email', 'nobody@example.test']);
  expect([refused.status, refused.token]).toEqual([1, undefined]);
  expect(refused.output).toContain('There is no account with the e-mail nobody@example.test.');
  expect((await run(env, ['--mail', 'x'])).output).toContain('Usage: npm run reset-admin');
});

test('it finds the embedded database, whether the service runs or not, and starts no other', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-reset-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  const dataDir = join(folder, 'data');
  const env = { DATA_DIR: dataDir };
  expect(await run(env)).toMatchObject({
    status: 1,
    output: expect.stringContaining('There is no database of Coupon Book'),
  });
  const server = await launchServer({ DATA_DIR: dataDir, DATABASE_URL: '' });
  await untilReady(server);
  const running = await run(env);
  expect([running.status, running.output]).toEqual([0, expect.stringContaining('admin@localhost')]);
  const reset = (token: string) =>
    fetch(`${server.url}/api/v1/auth/password/reset`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ token, password: GOOD_PASSWORD }),
    });
  expect((await reset(running.token!)).status).toBe(200);
  expect(await server.stop()).toBe(0);
  const stopped = await run(env);
  expect([stopped.status, stopped.output]).toEqual([0, expect.stringContaining('admin@localhost')]);
});

test('the old password works until the link is used', async () => {
  const account = await register(t.app, { email: 'ada@example.test', password: 'the old long sentence' });
  const { token } = await resetAdmin(t.db, account.email);
  expect((await login(t.app, account)).statusCode).toBe(200);
  expect((await use(token)).statusCode).toBe(200);
  expect((await login(t.app, account)).statusCode).toBe(401);
});
