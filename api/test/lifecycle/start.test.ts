import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, inject, onTestFinished, test } from 'vitest';
import { unlessBusy } from '../support/auth.ts';
import { withDatabase } from '../support/test-postgres.ts';
import { launchServer, untilReady } from '../support/server.ts';
import { rowsOf } from '../support/stage.ts';

const MIGRATIONS = fileURLToPath(new URL('../../migrations', import.meta.url));

/** A database without any table, as a new installation has it. */
async function createEmptyDatabase(): Promise<string> {
  const adminUrl = inject('adminUrl');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await rowsOf(adminUrl, `CREATE DATABASE ${name}`);
  onTestFinished(async () => {
    await rowsOf(adminUrl, `DROP DATABASE ${name} WITH (FORCE)`);
  });
  return withDatabase(adminUrl, name);
}

const signIn = (url: string, account: object) =>
  unlessBusy(() =>
    fetch(`${url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(account),
    }),
  );

test('three servers that start at once on an empty database migrate it once, with one first admin and one key', async () => {
  const url = await createEmptyDatabase();
  const admin = { email: 'first@example.test', password: 'a long and unusual sentence' };
  const env = { DATABASE_URL: url, ADMIN_EMAIL: admin.email, ADMIN_PASSWORD: admin.password };
  const servers = await Promise.all([1, 2, 3].map(() => launchServer(env)));
  await Promise.all(servers.map((server) => untilReady(server)));

  const signIns = await Promise.all(servers.map((server) => signIn(server.url, admin)));
  expect(signIns.map(({ status }) => status)).toEqual([200, 200, 200]);
  const tokens = (await Promise.all(signIns.map((answer) => answer.json()))) as { accessToken: string }[];
  // Each server's token is good on every other one, and every connection of every server is fit for use.
  for (const [index, { accessToken }] of tokens.entries()) {
    const next = servers[(index + 1) % 3]!;
    const answers = await Promise.all(
      Array.from({ length: 40 }, () =>
        unlessBusy(() =>
          fetch(`${next.url}/api/v1/users`, { headers: { authorization: `Bearer ${accessToken}` } }),
        ),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  }

  const [counts] = await rowsOf(
    url,
    `SELECT (SELECT count(*)::int FROM migrations) AS migrations, (SELECT count(*)::int FROM users) AS users,
            (SELECT count(*)::int FROM signing_keys) AS keys`,
  );
  const files = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'));
  expect(counts).toEqual({ migrations: files.length, users: 1, keys: 1 });
});

test('without ADMIN_PASSWORD the first start shows an initial password, and no later start does', async () => {
  const env = { DATABASE_URL: await createEmptyDatabase() };
  const first = await launchServer(env);
  await untilReady(first);
  const password = /initial password: (\S+)/.exec(first.output())?.[1];
  const email = /First administrator: (\S+)/.exec(first.output())?.[1];
  expect((await signIn(first.url, { email, password })).status).toBe(200);
  expect(await first.stop()).toBe(0);

  const second = await launchServer(env);
  await untilReady(second);
  expect(second.output()).not.toContain('password');
});

test('a bad environment refuses the start and names each variable at fault', async () => {
  const server = await launchServer({
    DATABASE_URL: 'mysql://localhost/coupons',
    PORT: '70000',
    LOG_LEVEL: 'loud',
    LOCK_TTL_SECONDS: 'five minutes',
    MAX_UPLOAD_BYTES: '2048.5',
    RATE_LIMIT_SCALE: '-1',
    TRUSTED_PROXIES: '10.0.0.0/8, my-proxy',
    ADMIN_PASSWORD: 'hunter2hunter2',
    PUBLIC_URL: 'coupons.example.com',
  });
  expect(await server.exited).toBe(1);
  const said = server.output();
  for (const name of [
    'DATABASE_URL must match',
    'PORT must be <= 65535',
    'LOG_LEVEL must be one of fatal, error, warn, info',
    'LOCK_TTL_SECONDS must be integer',
    'MAX_UPLOAD_BYTES must be integer',
    'RATE_LIMIT_SCALE must be > 0',
    'TRUSTED_PROXIES must list addresses or networks such as 10.0.0.0/8, not my-proxy',
    'ADMIN_PASSWORD requires ADMIN_EMAIL',
    'PUBLIC_URL must match',
  ]) {
    expect(said).toContain(`  - ${name}`);
  }
  expect(said).not.toContain('hunter2');
  expect(said).not.toMatch(/^ {4}at /m);
});

test('an unknown module refuses the start and names those there are', async () => {
  const server = await launchServer({
    DATABASE_URL: 'postgres://127.0.0.1:9/none',
    MODULES: 'coupons,cuopons',
  });
  expect(await server.exited).toBe(1);
  expect(server.output()).toContain('MODULES names "cuopons"; there are: accounts, books');
  expect(server.output()).not.toMatch(/^ {4}at /m);
});

test('a port in use, and an address that is not ours, are said in one sentence', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  onTestFinished(() => void taken.close());
  const port = String((taken.address() as AddressInfo).port);
  const env = { DATABASE_URL: 'postgres://127.0.0.1:9/none' };

  const second = await launchServer({ ...env, PORT: port });
  expect(await second.exited).toBe(1);
  expect(second.output()).toBe(
    `Cannot listen on port ${port} of 127.0.0.1: it is in use: stop what listens there, or set PORT to another.\n`,
  );
  const elsewhere = await launchServer({ ...env, HOST: '192.0.2.1' });
  expect(await elsewhere.exited).toBe(1);
  expect(elsewhere.output()).toMatch(/of 192\.0\.2\.1: this machine has no such address: set HOST .*\.\n$/);
});

test('a process that serves some modules serves only those', async () => {
  const server = await launchServer({ DATABASE_URL: await createEmptyDatabase(), MODULES: 'accounts' });
  await untilReady(server);
  expect((await fetch(`${server.url}/api/v1/users`)).status).toBe(401);
  expect((await fetch(`${server.url}/api/v1/books`)).status).toBe(404);
});
