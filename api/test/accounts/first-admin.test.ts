import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { decodeProtectedHeader } from 'jose';
import { sql } from 'kysely';
import { afterEach, beforeEach, expect, onTestFinished, test } from 'vitest';
import { readConfig } from '../../src/config.ts';
import { ensureFirstAdmin } from '../../src/modules/accounts/people/first-admin.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { bearer, GOOD_PASSWORD, login, refresh, register, sessionOf } from '../support/auth.ts';

let t: TestApp;
beforeEach(async () => {
  t = await startTestApp({ patient: true });
});
afterEach(() => t.close());

const nobody = { adminEmail: undefined, adminPassword: undefined };

test('the first start makes an administrator with a random password, which it tells once', async () => {
  const admin = await ensureFirstAdmin(t.app, nobody);
  expect(admin).toEqual({ email: 'admin@localhost', password: expect.stringMatching(/^[\w-]{24}$/) });
  const signedIn = await login(t.app, { email: admin!.email, password: admin!.password! });
  expect(signedIn.json()).toMatchObject({ user: { email: 'admin@localhost', role: 'ADMIN' } });
  expect(await ensureFirstAdmin(t.app, nobody)).toBeNull();

  // It is an initial password until it is changed, and that is told.
  expect(signedIn.json()).toMatchObject({ user: { initialPassword: true, confirmed: true } });
  const headers = bearer(signedIn);
  const payload = { currentPassword: admin!.password, newPassword: GOOD_PASSWORD };
  await t.app.inject({ method: 'POST', url: '/api/v1/auth/password', payload, headers });
  expect((await t.app.inject({ url: '/api/v1/auth/me', headers })).json()).toMatchObject({
    initialPassword: false,
  });
});

test('or the one that the environment names, whose password is not told', async () => {
  const admin = await ensureFirstAdmin(t.app, {
    adminEmail: 'Boss@Example.Test',
    adminPassword: GOOD_PASSWORD,
  });
  expect(admin).toEqual({ email: 'boss@example.test' });
  const signedIn = await login(t.app, { email: 'boss@example.test', password: GOOD_PASSWORD });
  expect(signedIn.json()).toMatchObject({ user: { initialPassword: false } });
});

test('an ADMIN_EMAIL that cannot be one stops the start', () => {
  const read = (ADMIN_EMAIL: string) => () => readConfig({ ADMIN_EMAIL });
  expect(read('boss..x@example.test')).toThrow('ADMIN_EMAIL must be an e-mail address');
  expect(read('boss@example.test')).not.toThrow();
});

test('with an administrator there, nothing is made and nothing is changed', async () => {
  await t.asAdmin();
  expect(
    await ensureFirstAdmin(t.app, { adminEmail: 'boss@example.test', adminPassword: GOOD_PASSWORD }),
  ).toBeNull();
  expect((await login(t.app, { email: 'boss@example.test', password: GOOD_PASSWORD })).statusCode).toBe(401);
});

test('whoever registered the e-mail of the first administrator before does not get in by it', async () => {
  const squatter = await register(t.app, {
    email: 'boss@example.test',
    password: 'the password of a squatter',
  });
  const session = sessionOf(await login(t.app, squatter));
  await ensureFirstAdmin(t.app, { adminEmail: 'boss@example.test', adminPassword: GOOD_PASSWORD });
  expect((await refresh(t.app, session)).statusCode).toBe(401);
  expect((await login(t.app, squatter)).statusCode).toBe(401);
  expect((await login(t.app, { ...squatter, password: GOOD_PASSWORD })).json()).toMatchObject({
    user: { role: 'ADMIN' },
  });
});

test('three processes that start at once make one administrator and one signing key', async () => {
  const children = [1, 2, 3].map(() => start(t.databaseUrl));
  for (const { lines } of children) expect((await lines.next()).value).toBe('ready');
  for (const { child } of children) child.stdin!.write('go\n');
  const answers = await Promise.all(
    children.map(
      async ({ lines }) => JSON.parse((await lines.next()).value!) as { admin: object | null; token: string },
    ),
  );
  expect(answers.filter(({ admin }) => admin !== null)).toHaveLength(1);
  expect(new Set(answers.map(({ token }) => decodeProtectedHeader(token).kid)).size).toBe(1);
  const { rows } = await sql<{ admins: number; keys: number }>`
    SELECT (SELECT count(*) FROM users WHERE role = 'ADMIN') AS admins, (SELECT count(*) FROM signing_keys) AS keys`.execute(
    t.db,
  );
  expect(rows[0]).toEqual({ admins: 1, keys: 1 });
  for (const { token } of answers) expect(await t.app.accessTokens.verify(token)).not.toBeNull();
});

function start(databaseUrl: string): { child: ChildProcess; lines: AsyncIterator<string> } {
  const script = fileURLToPath(new URL('../support/first-admin.ts', import.meta.url));
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, DATABASE_URL: databaseUrl },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, lines: createInterface(child.stdout!)[Symbol.asyncIterator]() };
}
