import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { login, unlessBusy } from '../support/auth.ts';

let api: TestApp;
let admin: TestUser;

beforeAll(async () => {
  // On a busy machine, twenty requests at once need a connection each and time to wait for each other.
  api = await startTestApp({ config: { databasePoolSize: 25, statementTimeoutMs: 60_000 } });
  admin = await api.asAdmin();
});
afterAll(() => api.close());

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

async function call(
  method: Method,
  path: string,
  payload?: object | string,
  headers: Record<string, string> = {},
) {
  const answer = await api.app.inject({
    method,
    url: `/api/v1${path}`,
    payload,
    headers: {
      ...admin.headers,
      ...(typeof payload === 'string' ? { 'content-type': 'text/csv' } : {}),
      ...headers,
    },
  });
  const body = answer.body === '' ? {} : answer.json<Record<string, unknown>>();
  return { status: answer.statusCode, body, headers: answer.headers };
}

let pools = 0;
async function newPool(): Promise<string> {
  const { body } = await call('POST', '/pools', { name: `Pool ${(pools += 1)}` });
  return `/pools/${body.id as string}`;
}

const membersOf = async (pool: string) => (await call('GET', pool)).body.members;

describe('a pool', () => {
  test('is created, read, renamed, listed and deleted', async () => {
    const created = await call('POST', '/pools', {
      name: ' Readers ',
      description: 'of the letter',
      metadata: { a: 1 },
    });
    expect(created).toMatchObject({ status: 201, body: { name: 'Readers', members: 0, metadata: { a: 1 } } });
    const path = String(created.headers.location).replace('/api/v1', '');
    const changed = await call('PATCH', path, { name: 'Subscribers', description: null });
    expect(changed.body).toMatchObject({ name: 'Subscribers', description: null, metadata: { a: 1 } });
    const found = await call('GET', '/pools?q=SUBSCR');
    expect(found.body.items).toEqual([changed.body]);
    expect((await call('DELETE', path)).status).toBe(204);
    expect((await call('GET', path)).status).toBe(404);
    expect((await call('DELETE', path)).status).toBe(404);
  });

  test('has a name of its own, without regard to case: 409', async () => {
    await call('POST', '/pools', { name: 'Same' });
    expect(await call('POST', '/pools', { name: 'SAME' })).toMatchObject({
      status: 409,
      body: { code: 'conflict' },
    });
  });

  test('is for administrators', async () => {
    const user = await api.asUser();
    const pool = await newPool();
    for (const path of ['/pools', pool, `${pool}/users`]) {
      expect(await call('GET', path, undefined, user.headers)).toMatchObject({ status: 403 });
    }
  });
});

describe('members of a pool', () => {
  test('are added by id and by e-mail in any spelling; once; who is unknown is reported by position', async () => {
    const pool = await newPool();
    const [ada, bob] = [
      await api.asUser({ email: 'ada@pool.test' }),
      await api.asUser({ email: 'bob@pool.test' }),
    ];
    const added = await call('POST', `${pool}/users`, {
      userIds: [ada.id, '00000000-0000-4000-8000-000000000000'],
      emails: [' ADA@pool.test', 'Bob@Pool.Test', 'bob@pool.test', 'nobody@pool.test', 'no e-mail'],
    });
    expect(added).toMatchObject({
      status: 200,
      body: { added: 2, alreadyMembers: 0, invited: 0, unknown: 3 },
    });
    expect((added.body.errors as { value: string }[]).map(({ value }) => value)).toEqual([
      '00000000-0000-4000-8000-000000000000',
      'nobody@pool.test',
      'no e-mail',
    ]);
    const again = await call('POST', `${pool}/users`, { userIds: [bob.id] });
    expect(again.body).toMatchObject({ added: 0, alreadyMembers: 1 });
    expect(await membersOf(pool)).toBe(2);
  });

  test('are added and removed by external ids; an unknown one is reported by position', async () => {
    const pool = await newPool();
    const [ada, bob] = [await api.asUser(), await api.asUser()];
    for (const [user, externalId] of [
      [ada, 'pool-ada'],
      [bob, 'pool-bob'],
    ] as const)
      await call('PATCH', `/users/${user.id}`, { externalId });
    const added = await call('POST', `${pool}/users`, {
      userIds: [ada.id],
      externalUserIds: ['pool-ada', 'pool-nobody', 'pool-bob', 'no id'],
    });
    expect(added).toMatchObject({
      status: 200,
      body: { rows: 5, added: 2, duplicates: 1, unknown: 2 },
    });
    expect(added.body.errors).toMatchObject([
      { line: 2, value: 'pool-nobody', reason: 'no-account-external-id' },
      { line: 4, value: 'no id', reason: 'no-account-external-id' },
    ]);
    const removal = { externalUserIds: ['pool-bob', 'pool-nobody'] };
    expect((await call('DELETE', `${pool}/users`, removal)).body).toEqual({ removed: 1 });
    expect((await call('DELETE', `${pool}/users`, { ...removal, all: true })).status).toBe(400);
    expect(await membersOf(pool)).toBe(1);
  });

  test('come from a CSV with a column email; unknown ones by line, or invited without a password', async () => {
    const pool = await newPool();
    await api.asUser({ email: 'csv-1@pool.test' });
    const csv = '\uFEFFname;E-Mail\r\nOne;csv-1@pool.test\r\n\r\nTwo;csv-2@pool.test\r\nThree;broken\r\n';
    const reported = await call('POST', `${pool}/users`, csv);
    expect(reported.body).toMatchObject({
      added: 1,
      unknown: 2,
      errors: [
        { line: 4, value: 'csv-2@pool.test', reason: 'no-account', detail: 'No account has this e-mail' },
        { line: 5, value: 'broken', reason: 'not-an-email', detail: 'Not an e-mail address' },
      ],
    });
    const invited = await call('POST', `${pool}/users?invite=true`, csv);
    expect(invited.body).toMatchObject({ added: 1, alreadyMembers: 1, invited: 1, unknown: 1 });
    const signedIn = await unlessBusy(() =>
      login(api.app, { email: 'csv-2@pool.test', password: 'whatever it is' }),
    );
    expect(signedIn.json()).toMatchObject({ code: 'unauthenticated' });
  });

  test('are listed by e-mail, page by page, and found by its beginning', async () => {
    const pool = await newPool();
    const emails = Array.from({ length: 7 }, (_, index) => `page-${index}@pool.test`);
    await call('POST', `${pool}/users?invite=true`, { emails });
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await call('GET', `${pool}/users?limit=3${cursor}`);
      const { items, nextCursor } = body as {
        items: { user: { email: string } }[];
        nextCursor: string | null;
      };
      seen.push(...items.map(({ user }) => user.email));
      if (!nextCursor) break;
      cursor = `&cursor=${encodeURIComponent(nextCursor)}`;
    }
    expect(seen).toEqual(emails);
    const { body } = await call('GET', `${pool}/users?q=Page-3`);
    expect(body.items).toHaveLength(1);
  });

  test('are removed by id, by e-mail, or all; what is not said clearly removes nobody', async () => {
    const pool = await newPool();
    const { body: page } = await call('POST', `${pool}/users?invite=true`, {
      emails: ['r1@pool.test', 'r2@pool.test', 'r3@pool.test', 'r4@pool.test'],
    });
    expect(page.added).toBe(4);
    expect(await call('DELETE', `${pool}/users`, {})).toMatchObject({ status: 400 });
    expect(await call('DELETE', `${pool}/users`, { all: true, emails: ['r1@pool.test'] })).toMatchObject({
      status: 400,
    });
    expect((await call('DELETE', `${pool}/users`, { emails: ['R1@pool.test', 'none@x.test'] })).body).toEqual(
      { removed: 1 },
    );
    expect((await call('DELETE', `${pool}/users`, { all: true })).body).toEqual({ removed: 3 });
    expect(await membersOf(pool)).toBe(0);
  });

  test('added by twenty requests at once are counted once each', async () => {
    const pool = await newPool();
    const emails = Array.from({ length: 50 }, (_, index) => `crowd-${index}@pool.test`);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => call('POST', `${pool}/users?invite=true`, { emails })),
    );
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(200));
    expect(answers.reduce((sum, { body }) => sum + (body.added as number), 0)).toBe(50);
    expect(await membersOf(pool)).toBe(50);
  });

  test('of a hundred thousand are added by one CSV and found by e-mail', async () => {
    const pool = await newPool();
    const csv = `email\n${Array.from({ length: 100_000 }, (_, index) => `many-${index}@pool.test`).join('\n')}`;
    const { status, body } = await call('POST', `${pool}/users?invite=true`, csv);
    expect({ status, ...body }).toMatchObject({ status: 200, added: 100_000, invited: 100_000, unknown: 0 });
    expect((await call('GET', `${pool}/users?q=many-99999@`)).body.items).toHaveLength(1);
  });

  test('a pasted list is read as people write it: names, spaces, lines that are none, each by its own line', async () => {
    const pool = await newPool();
    const list = [
      'Ann Doe ann@paste.test',
      'not an e-mail',
      '"Ruiz, Luis" <luis@paste.test>; bob@paste.test',
      'carl@paste.test dora@paste.test',
    ];
    const { body } = await call('POST', `${pool}/users?invite=true`, list.join('\n'));
    expect(body).toMatchObject({ added: 5, unknown: 1 });
    expect(body.errors).toMatchObject([{ line: 2, value: 'not an e-mail', reason: 'not-an-email' }]);
    const members = (await call('GET', `${pool}/users`)).body.items as {
      user: { email: string; name: string | null };
    }[];
    expect(Object.fromEntries(members.map(({ user }) => [user.email, user.name]))).toEqual({
      'ann@paste.test': 'Ann Doe',
      'luis@paste.test': 'Ruiz, Luis',
      'bob@paste.test': null,
      'carl@paste.test': null,
      'dora@paste.test': null,
    });
  });
});
