import { expect, inject, onTestFinished, test } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { createDatabaseRole, runAll } from '../support/database-role.ts';
import { eventually } from '../support/eventually.ts';
import { setQuickPassword } from '../support/quick-password.ts';
import { launchServer, untilReady } from '../support/server.ts';
import { rowsOf } from '../support/stage.ts';

test('a right that is taken away is an outage, whose end needs no restart; the log names the GRANT', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const role = await createDatabaseRole(database.url);
  onTestFinished(() => role.drop());
  const admin = { email: 'admin@example.org', password: 'a long and unusual sentence' };
  const server = await launchServer({
    DATABASE_URL: role.url,
    ADMIN_EMAIL: admin.email,
    ADMIN_PASSWORD: admin.password,
  });
  await untilReady(server);
  await setQuickPassword(database.url, admin.email, admin.password);
  const login = () =>
    fetch(`${server.url}/api/v1/auth/login`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(admin),
    });
  expect((await login()).status).toBe(200);

  await runAll(database.url, [`REVOKE INSERT ON sessions FROM ${role.name}`]);
  const refused = await login();
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  const grant = `GRANT SELECT, INSERT, UPDATE, DELETE ON public.sessions TO ${role.name}`;
  await eventually(() => server.output().includes(grant));

  await runAll(database.url, [grant]);
  expect((await login()).status).toBe(200);

  await runAll(database.url, [`REVOKE ALL ON budgets FROM ${role.name}`]);
  expect((await login()).status).toBe(503);
  const another = `GRANT SELECT, INSERT, UPDATE, DELETE ON public.budgets TO ${role.name}`;
  // Said again after a while.
  await eventually(async () => {
    await login();
    return server.output().includes(another);
  });
  await runAll(database.url, [another]);

  await runAll(database.url, [`REVOKE USAGE ON SCHEMA public FROM PUBLIC, ${role.name}`]);
  expect((await login()).status).toBe(503);
  await runAll(database.url, [`GRANT USAGE ON SCHEMA public TO ${role.name}`]);
  expect((await login()).status).toBe(200);
});

test('a role that may not make the tables: the log names the GRANTs, and the start goes on when they are given', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const role = await createDatabaseRole(database.url);
  onTestFinished(() => role.drop());
  await runAll(database.url, [
    'DROP SCHEMA public CASCADE',
    'DROP SCHEMA pgboss CASCADE',
    'CREATE SCHEMA public',
  ]);
  const server = await launchServer({ DATABASE_URL: role.url });
  const [{ name }] = await rowsOf<{ name: string }>(database.url, 'SELECT current_database() AS name');
  const grants = [
    `GRANT CREATE ON DATABASE ${name} TO ${role.name}`,
    `GRANT USAGE, CREATE ON SCHEMA public TO ${role.name}`,
  ];
  for (const grant of grants) await eventually(() => server.output().includes(grant));
  await runAll(database.url, grants);
  await untilReady(server);
});

/** Ends the sessions in a database, and waits until each is gone: one that takes its time would still be used, or fail a request. */
const endSessionsOf = (name: string) =>
  `SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE datname = '${name}' AND pid <> pg_backend_pid()`;

test('a database that takes no changes is not ready, and ready again when it does', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const name = new URL(database.url).pathname.slice(1);
  const end = endSessionsOf(name);
  const api = await startTestApp({ databaseUrl: database.url });
  onTestFinished(() => api.close());
  const { headers } = await api.asAdmin();
  const statuses = async () => {
    const url = '/api/v1/books';
    const written = await api.app.inject({
      method: 'POST',
      url,
      headers,
      payload: { name: `b ${Math.random()}` },
    });
    const read = await api.app.inject({ url, headers });
    const ready = await api.app.inject({ url: '/health/ready' });
    return [written.statusCode, read.statusCode, ready.statusCode];
  };
  expect(await statuses()).toEqual([201, 200, 200]);
  // As providers do when a disk is nearly full. Sessions that there are keep what they have.
  await runAll(database.url, [`ALTER DATABASE ${name} SET default_transaction_read_only = on`, end]);
  expect(await statuses()).toEqual([503, 200, 503]);
  await runAll(inject('adminUrl'), [`ALTER DATABASE ${name} RESET default_transaction_read_only`]);
  await eventually(async () => (await statuses()).join() === '201,200,200');
});

test('a full disk: 503, not ready while it is full, and ready again when there is room', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const name = new URL(database.url).pathname.slice(1);
  const end = endSessionsOf(name);
  const api = await startTestApp({ databaseUrl: database.url });
  onTestFinished(() => api.close());
  const { headers } = await api.asAdmin();
  const write = () =>
    api.app.inject({
      method: 'POST',
      url: '/api/v1/books',
      headers,
      payload: { name: `b ${Math.random()}` },
    });
  const ready = async () => (await api.app.inject({ url: '/health/ready' })).statusCode;

  // What PostgreSQL says of a full disk, and one that has no room for a temporary file.
  await runAll(database.url, [
    `CREATE FUNCTION be_full() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
       RAISE 'could not extend file "base/5/1": No space left on device' USING ERRCODE = '53100'; END $$`,
    'CREATE TRIGGER full_disk BEFORE INSERT ON books EXECUTE FUNCTION be_full()',
    `ALTER DATABASE ${name} SET temp_file_limit = 0`,
    end,
  ]);
  const refused = await write();
  expect(refused.statusCode).toBe(503);
  expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
  expect((await api.app.inject({ url: '/api/v1/books', headers })).statusCode).toBe(200);
  expect(await ready()).toBe(503);

  await runAll(database.url, [
    'DROP TRIGGER full_disk ON books',
    `ALTER DATABASE ${name} RESET temp_file_limit`,
    end,
  ]);
  expect((await write()).statusCode).toBe(201);
  await eventually(async () => (await ready()) === 200);
});
