import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { createDatabaseRole, type DatabaseRole, runAll } from '../support/database-role.ts';
import { eventually } from '../support/eventually.ts';
import { assignRandom, insertBook } from '../support/nodes.ts';

let database: TestDatabase;
let role: DatabaseRole;
let api: TestApp;
let user: TestUser;
let admin: TestUser;
let bookId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  role = await createDatabaseRole(database.url);
  // Nothing but the requests connects: a worker that is about to, when the database is closed, might still get in.
  api = await startTestApp({ databaseUrl: role.url, config: { jobConcurrency: 0 } });
  user = await api.asUser();
  admin = await api.asAdmin();
  ({ id: bookId } = await insertBook(api.db, 200));
});
afterAll(async () => {
  await api.close();
  await role.drop();
  await database.drop();
});

/** One of each kind: a command, a write, reads, an export, a stream. */
const requests = (): Promise<{ status: number; retryAfter: unknown; code: unknown }[]> => {
  const ask = async (method: 'GET' | 'POST', url: string, by: TestUser, payload?: object, accept = '*/*') => {
    const answer = await api.app.inject({
      method,
      url: `/api/v1${url}`,
      headers: { ...by.headers, accept },
      payload,
    });
    const { code } = answer.headers['content-type']?.toString().includes('json') ? answer.json() : {};
    return { status: answer.statusCode, retryAfter: answer.headers['retry-after'], code };
  };
  return Promise.all([
    ask('POST', '/coupons/assign/random', user, { bookId }),
    ask('POST', '/books', admin, { name: `book ${Math.random()}` }),
    ask('POST', `/books/${bookId}/codes/generate`, admin, { count: 1, pattern: '########' }),
    ask('GET', '/books', admin),
    ask('GET', '/coupons', user),
    ask('GET', '/events', admin, undefined, 'text/csv'),
    ask('GET', '/events/stream', admin),
  ]);
};

const ready = async () => (await api.app.inject({ url: '/health/ready' })).statusCode;

/** What an operator, or a disk, does to a database; and what undoes it. Said by the administrator, from another database. */
const closures: Record<
  string,
  { close: (database: string) => string[]; open: (database: string) => string[] }
> = {
  'a role that may not sign in': {
    close: () => [`ALTER ROLE ${role.name} NOLOGIN`],
    open: () => [`ALTER ROLE ${role.name} LOGIN`],
  },
  'a role without a connection left': {
    close: () => [`ALTER ROLE ${role.name} CONNECTION LIMIT 0`],
    open: () => [`ALTER ROLE ${role.name} CONNECTION LIMIT -1`],
  },
  'another password': {
    close: () => [`ALTER ROLE ${role.name} PASSWORD 'another'`],
    open: () => [`ALTER ROLE ${role.name} PASSWORD '${role.name}'`],
  },
  'a role of another name': {
    close: () => [`ALTER ROLE ${role.name} RENAME TO ${role.name}x`],
    // It takes the password along, unless that depends on the name.
    open: () => [`ALTER ROLE ${role.name}x RENAME TO ${role.name}`],
  },
  'a database of another name': {
    close: (name) => [`ALTER DATABASE ${name} RENAME TO ${name}x`],
    open: (name) => [`ALTER DATABASE ${name}x RENAME TO ${name}`],
  },
  'a database that accepts no connections': {
    close: (name) => [`ALTER DATABASE ${name} ALLOW_CONNECTIONS false`],
    open: (name) => [`ALTER DATABASE ${name} ALLOW_CONNECTIONS true`],
  },
};

test.for(Object.keys(closures))(
  '%s is an outage: 503 with Retry-After, and over when it is',
  async (name) => {
    const closure = closures[name]!;
    const adminUrl = inject('adminUrl');
    const databaseName = new URL(database.url).pathname.slice(1);
    const end = `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${databaseName}' OR usename = '${role.name}'`;
    await eventually(async () => (await ready()) === 200);

    // A database somebody is connected to cannot be renamed, and connections take a moment to end.
    await eventually(async () => {
      await runAll(adminUrl, [end, ...closure.close(databaseName)]);
      return true;
    });
    await runAll(adminUrl, [end]);
    expect(await requests()).toEqual(
      Array.from({ length: 7 }, () => ({ status: 503, retryAfter: '2', code: 'unavailable' })),
    );
    expect(await ready()).toBe(503);

    await runAll(adminUrl, closure.open(databaseName));
    expect(await eventually(async () => (await ready()) === 200)).toBe(true);
    expect((await assignRandom(api, user, bookId)).status).toBe(200);
  },
);
