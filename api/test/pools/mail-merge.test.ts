import { once } from 'node:events';
import { request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parse } from 'csv-parse/sync';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { checkAccessLink, makeAccount } from '../support/auth.ts';
import { addToPool, type DistributionJob, insertMembers, sendTo } from '../support/distributions.ts';
import { eventually } from '../support/eventually.ts';
import { insertBook } from '../support/nodes.ts';

let t: TestApp;
let admin: TestUser;
beforeAll(async () => {
  // Time for the large statements of the tests on a busy machine.
  t = await startTestApp({ config: { rateLimitScale: 10_000, statementTimeoutMs: 60_000 } });
  admin = await t.asAdmin();
});
afterAll(() => t.close());

interface Row {
  email: string;
  name: string;
  link: string;
  linkExpiresAt: string;
  code: string;
}

const merge = (path: string, payload: object = {}, as: TestUser | null = admin) =>
  t.app.inject({ method: 'POST', url: `/api/v1${path}/mail-merge`, payload, headers: as?.headers });
async function rowsOf(path: string, payload?: object): Promise<Row[]> {
  const answer = await merge(path, payload);
  expect([answer.statusCode, answer.headers['content-type']]).toEqual([200, 'text/csv; charset=utf-8']);
  return parse(answer.body, { columns: true }) as unknown as Row[];
}
const open = async ({ link }: Row) => (await checkAccessLink(t.app, link.split('#')[1]!)).statusCode;

test('10,000 people get a link each, of their own and that works; those who have one keep it, or get a new one', async () => {
  const { poolId } = await insertMembers(t.db, 10_000);
  const path = `/pools/${poolId}`;
  const first = await rowsOf(path);
  expect(first).toHaveLength(10_000);
  expect(new Set(first.map(({ email }) => email)).size).toBe(10_000);
  expect(new Set(first.map(({ link }) => link)).size).toBe(10_000);
  for (const row of [first[0]!, first[499]!, first[500]!, first[9_999]!]) {
    expect(row).toMatchObject({ link: expect.stringMatching(/\/access#[\w-]{43}$/), code: '' });
    expect(Date.parse(row.linkExpiresAt)).not.toBeNaN();
    expect(await open(row)).toBe(200);
  }
  const second = await rowsOf(path);
  expect(second.filter(({ link }) => link !== '')).toEqual([]);
  expect(await open(first[0]!)).toBe(200);
  const renewed = await rowsOf(path, { links: 'renew' });
  expect(new Set(renewed.map(({ link }) => link)).size).toBe(10_000);
  expect([await open(first[0]!), await open(renewed[0]!)]).toEqual([410, 200]);
  expect((await rowsOf(path, { links: 'none' })).filter(({ link }) => link !== '')).toEqual([]);
  expect(await open(renewed[0]!)).toBe(200);
});

test('who has a password gets a link only when asked; who is disabled is left out; formulas are made text', async () => {
  const { poolId } = await insertMembers(t.db, 0);
  const account = await makeAccount(t);
  const formula = await t.asUser({ name: '=HYPERLINK("https://evil.example")' });
  const disabled = await t.asUser({ disabled: true });
  await addToPool(t.db, poolId, [account.id, formula.id, disabled.id]);
  const path = `/pools/${poolId}`;
  const rows = await rowsOf(path);
  expect(rows.map(({ email }) => email).sort()).toEqual([account.email, formula.email].sort());
  expect(rows.find(({ email }) => email === account.email)!.link).toBe('');
  expect(rows.find(({ email }) => email === formula.email)).toMatchObject({
    name: `'=HYPERLINK("https://evil.example")`,
    link: expect.stringContaining('/access#'),
  });
  const all = await rowsOf(path, { links: 'all' });
  expect(await Promise.all(all.map(open))).toEqual([200, 200]);
});

test('a distribution tells each code to whom it was given, with one link for a person; what was taken back is left out', async () => {
  const { poolId, userIds } = await insertMembers(t.db, 700);
  const book = await insertBook(t.db, 2_100);
  const send = sendTo<DistributionJob>(t, admin);
  const { body: job } = await send('POST', `/pools/${poolId}/distribute`, {
    bookId: book.id,
    mode: 'equal',
    perUser: 3,
  });
  expect(job.status).toBe('completed');
  const { rows: taken } = await sql<{ code: string }>`
    SELECT code FROM coupons WHERE assigned_user_id = ${userIds[0]} AND book_id = ${book.id} LIMIT 1`.execute(
    t.db,
  );
  const back = await send('POST', `/coupons/unassign/${taken[0]!.code}`, {});
  expect(back.status).toBe(200);
  const rows = await rowsOf(`/jobs/${job.id}`);
  const { rows: owned } = await sql<{ email: string; code: string }>`
    SELECT email, code FROM coupons JOIN users ON users.id = assigned_user_id WHERE book_id = ${book.id}`.execute(
    t.db,
  );
  const told = ({ email, code }: { email: string; code: string }) => `${email} ${code}`;
  expect(owned).toHaveLength(2_099);
  expect(rows.map(told).sort()).toEqual(owned.map(told).sort());
  const links = new Map<string, Set<string>>();
  for (const { email, link } of rows) links.set(email, (links.get(email) ?? new Set()).add(link));
  expect(links.size).toBe(700);
  expect([...links.values()].filter(({ size }) => size !== 1)).toEqual([]);
  expect(new Set(rows.map(({ link }) => link)).size).toBe(700);
  expect(await open(rows[0]!)).toBe(200);
});

test('a file that breaks off does not use up anybody’s link: the next file gives them new ones', async () => {
  const { poolId } = await insertMembers(t.db, 20_000);
  const listening = await startTestApp({ databaseUrl: t.databaseUrl });
  try {
    await listening.app.listen({ host: '127.0.0.1', port: 0 });
    const { port } = listening.app.server.address() as AddressInfo;
    const sent = httpRequest({
      port,
      method: 'POST',
      path: `/api/v1/pools/${poolId}/mail-merge`,
      headers: { ...admin.headers, 'content-type': 'application/json' },
    });
    sent.end('{}');
    const [response] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
    await once(response, 'readable');
    expect(response.read()).not.toBeNull();
    response.destroy();
    await eventually(async () => listening.app.server.listening && (await connections(listening)) === 0);
  } finally {
    await listening.close();
  }
  const { rows } = await sql<{ open: number; given: number }>`
    SELECT count(*) FILTER (WHERE file_id IS NOT NULL) AS open, count(*) FILTER (WHERE file_id IS NULL) AS given
    FROM access_links JOIN pool_users USING (user_id) WHERE pool_id = ${poolId}`.execute(t.db);
  expect(rows[0]!.open).toBeGreaterThan(0);
  expect(rows[0]!.given).toBe(0);
  const next = await rowsOf(`/pools/${poolId}`);
  expect(next.filter(({ link }) => link === '')).toEqual([]);
});

test('an administrator who is demoted while the file is made gets none of its links, and no more are made', async () => {
  const { poolId } = await insertMembers(t.db, 1_200);
  const listening = await startTestApp({ databaseUrl: t.databaseUrl });
  const demoted = await t.asAdmin();
  // Just behind the links of the first 500.
  await sql`
    CREATE FUNCTION demote() RETURNS trigger LANGUAGE plpgsql AS ${sql.lit(
      `BEGIN UPDATE users SET role = 'USER' WHERE id = '${demoted.id}'; RETURN NULL; END`,
    )}`.execute(t.db);
  await sql`CREATE TRIGGER demote AFTER INSERT ON access_links FOR EACH STATEMENT EXECUTE FUNCTION demote()`.execute(
    t.db,
  );
  try {
    const url = await listening.app.listen({ host: '127.0.0.1', port: 0 });
    const answer = await fetch(`${url}/api/v1/pools/${poolId}/mail-merge`, {
      method: 'POST',
      headers: { ...demoted.headers, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(answer.status).toBe(403);
    expect(await answer.text()).not.toContain('/access#');
  } finally {
    await sql`DROP FUNCTION demote CASCADE`.execute(t.db);
    await listening.close();
  }
  const { rows } = await sql<{ links: number }>`
    SELECT count(*) AS links FROM access_links JOIN pool_users USING (user_id) WHERE pool_id = ${poolId}`.execute(
    t.db,
  );
  expect(rows[0]!.links).toBe(500);
});

const connections = ({ app }: TestApp) =>
  new Promise<number>((resolve) => app.server.getConnections((_error, count) => resolve(count)));

test('it is for administrators, of a pool or a distribution that there is', async () => {
  const { poolId } = await insertMembers(t.db, 1);
  const none = '00000000-0000-4000-8000-000000000000';
  expect((await merge(`/pools/${poolId}`, {}, await t.asUser())).statusCode).toBe(403);
  expect((await merge(`/pools/${poolId}`, {}, null)).statusCode).toBe(401);
  expect((await merge(`/pools/${none}`)).statusCode).toBe(404);
  expect((await merge(`/jobs/${none}`)).statusCode).toBe(404);
  expect((await merge(`/pools/${poolId}`, { links: 'some' })).statusCode).toBe(400);
});
