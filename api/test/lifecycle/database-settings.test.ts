import { randomUUID } from 'node:crypto';
import { expect, inject, onTestFinished, test } from 'vitest';
import { migrate } from '../../src/database/migrate.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { runAll } from '../support/database-role.ts';
import { insertBook } from '../support/nodes.ts';
import { startPgBouncer } from '../support/pgbouncer.ts';
import { rowsOf } from '../support/stage.ts';

/** Set by somebody who had another program in mind. */
const UNHELPFUL = {
  DateStyle: "'German, DMY'",
  IntervalStyle: 'sql_standard',
  TimeZone: "'Asia/Kathmandu'",
  bytea_output: 'escape',
  extra_float_digits: '-15',
  standard_conforming_strings: 'off',
  array_nulls: 'off',
  default_transaction_isolation: 'serializable',
  search_path: 'nowhere',
  statement_timeout: "'1ms'",
  lock_timeout: "'1ms'",
  idle_in_transaction_session_timeout: "'1ms'",
  idle_session_timeout: "'1s'",
  lc_numeric: "'C'",
  lc_time: "'C'",
};

/** Time-outs that only sessions of our own keep; behind PgBouncer the service's statements bring theirs, and the queue's do not. */
const TIMEOUTS = Object.keys(UNHELPFUL).filter((name) => name.endsWith('_timeout'));

async function setUnhelpful(databaseUrl: string, names = Object.keys(UNHELPFUL)): Promise<void> {
  const database = new URL(databaseUrl).pathname.slice(1);
  const values = Object.entries(UNHELPFUL).filter(([name]) => names.includes(name));
  // From another database: those that are set already would count here.
  await runAll(
    inject('adminUrl'),
    values.map(([name, value]) => `ALTER DATABASE ${database} SET ${name} = ${value}`),
  );
}

/** A coupon's life, and what an administrator reads and writes. */
async function expectToWork(api: TestApp): Promise<void> {
  const [user, admin] = [await api.asUser(), await api.asAdmin()];
  const { id: bookId } = await insertBook(api.db, 3, { expiresAt: new Date('2100-02-03T04:05:06.789Z') });
  const ask = async (
    method: 'GET' | 'POST',
    url: string,
    { headers }: TestUser,
    payload?: object | string,
    more: Record<string, string> = {},
  ) => {
    const answer = await api.app.inject({
      method,
      url: `/api/v1${url}`,
      headers: { ...headers, ...more, ...(method === 'POST' && { 'idempotency-key': randomUUID() }) },
      payload,
    });
    expect(`${answer.statusCode} ${answer.statusCode < 300 ? '' : answer.body}`).toMatch(/^20\d $/);
    return answer;
  };
  const { code } = (await ask('POST', '/coupons/assign/random', user, { bookId })).json<{ code: string }>();
  for (const name of ['lock', 'unlock', 'lock']) await ask('POST', `/coupons/${name}/${code}`, user, {});
  const { lockExpiresAt } = (await ask('GET', `/coupons/${code}`, user)).json<{ lockExpiresAt: string }>();
  expect(Math.abs(Date.parse(lockExpiresAt) - Date.now() - 300_000)).toBeLessThan(60_000);
  await ask('POST', `/coupons/redeem/${code}`, user, {});
  const book = (await ask('GET', `/books/${bookId}`, admin)).json<{ expiresAt: string }>();
  expect(Date.parse(book.expiresAt)).toBe(Date.parse('2100-02-03T04:05:06.789Z'));
  await ask('POST', '/books', admin, { name: randomUUID(), metadata: { text: 'a \\ and \u00e9' } });
  await ask('POST', `/books/${bookId}/codes/upload`, admin, 'code\nSET-1\nSET-2\n', {
    'content-type': 'text/csv',
    prefer: 'wait=30',
  });
  for (const path of ['/books?include=stats', '/coupons?limit=5', '/events', '/users', '/jobs', '/stats'])
    await ask('GET', path, admin);
  await ask('GET', '/events', admin, undefined, { accept: 'text/csv' });
  expect((await api.app.inject({ url: '/health/ready' })).statusCode).toBe(200);
}

test('settings of a database change nothing: sessions of our own', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  await setUnhelpful(database.url);
  const api = await startTestApp({
    databaseUrl: database.url,
    config: { databaseDirectUrl: database.url, databaseUrl: database.url },
  });
  onTestFinished(() => api.close());
  await expectToWork(api);
});

test.for([
  { name: 'that the service knows of', known: true },
  { name: 'that it was not told of', known: false },
])('settings of a database change nothing: through a PgBouncer $name', async ({ known }) => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  await setUnhelpful(
    database.url,
    Object.keys(UNHELPFUL).filter((name) => !TIMEOUTS.includes(name)),
  );
  const bouncer = await startPgBouncer(database.url);
  onTestFinished(() => bouncer.stop());
  const databaseDirectUrl = known ? database.url : bouncer.url;
  const api = await startTestApp({
    databaseUrl: bouncer.url,
    config: { databaseUrl: bouncer.url, databaseDirectUrl },
  });
  onTestFinished(() => api.close());
  await expectToWork(api);
});

test('settings of a database do not matter to migrations', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  await runAll(database.url, ['DROP SCHEMA public CASCADE', 'CREATE SCHEMA public']);
  await setUnhelpful(database.url);
  expect((await migrate(database.url)).length).toBeGreaterThan(0);
  await runAll(inject('adminUrl'), [`ALTER DATABASE ${new URL(database.url).pathname.slice(1)} RESET ALL`]);
  const tables = await rowsOf<{ schema: string }>(
    database.url,
    `SELECT schemaname AS schema FROM pg_tables WHERE tablename = 'coupons'`,
  );
  expect(tables).toEqual([{ schema: 'public' }]);
});
