import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalizeEmails } from '../../src/modules/accounts/people/canonical-emails.ts';
import { foldEmailPrefix, parseEmail, readEmail } from '../../src/email.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { GOOD_PASSWORD, login, register, strangerAddress } from '../support/auth.ts';

describe('the canonical form', () => {
  test.each([
    ['Rosa@Bücher.Example', 'rosa@xn--bcher-kva.example'],
    ['rosa@XN--BCHER-KVA.example', 'rosa@xn--bcher-kva.example'],
    ['rosa@bu\u0308cher.example', 'rosa@xn--bcher-kva.example'],
    ['ｒｏｓａ＠ｅｘａｍｐｌｅ．ｃｏｍ', 'rosa@example.com'],
    ['rosa@中国。cn', 'rosa@xn--fiqs8s.cn'],
    ['\u00a0rosa@example.com\u3000', 'rosa@example.com'],
    ['oﬃce@example.com', 'office@example.com'],
    ['José@example.com', 'josé@example.com'],
    ['rosa@1.2', 'rosa@1.2'],
    ['admin@localhost', 'admin@localhost'],
  ])('of %j is %s, and its own', (text, email) => {
    expect(parseEmail(text)).toBe(email);
    expect(parseEmail(email)).toBe(email);
  });

  test.each([
    ['rosa\u200b@example.com', 'U+200B'],
    ['rosa@exam\u00adple.com', 'U+00AD'],
    ['rosa@bü\u200dcher.example', 'U+200D'],
    ['ro\ufe0fsa@example.com', 'U+FE0F'],
    ['ro\u3164sa@example.com', 'U+3164'],
    ['ro\u0007sa@example.com', 'U+0007'],
    ['ro\u{e0041}sa@example.com', 'U+E0041'],
  ])('is refused to %j, which shows what nobody sees: %s', (text, name) => {
    expect(readEmail(text)).toEqual({ reason: 'invisible-character', values: { character: name } });
  });

  test.each([
    '',
    '@example.com',
    'rosa@',
    'rosa',
    'rosa@bü cher.example',
    'rosa@bü/cher.example',
    'rosa@-bücher.example',
    'ro sa@example.com',
    'ro\u2003sa@example.com',
    'a@b@example.com',
    `${'x'.repeat(250)}@example.com`,
    `rosa@${'ü'.repeat(200)}.example`,
    `rosa@${'x'.repeat(5_000_000)}`,
  ])('is refused to what is no e-mail', (text) => expect(parseEmail(text)).toBeNull());

  test('the beginning of an e-mail finds it by a domain in any spelling', () => {
    expect(foldEmailPrefix('ROSA@BÜCHER.example')).toBe('rosa@xn--bcher-kva.example');
    expect(foldEmailPrefix('ROSA@exam')).toBe('rosa@exam');
    expect(foldEmailPrefix('RO')).toBe('ro');
  });
});

describe('in use', () => {
  let t: TestApp;
  beforeAll(async () => {
    t = await startTestApp({ patient: true });
  });
  afterAll(() => t.close());

  test('the spellings of one address are one account: to register, to make, to sign in, to add to a pool', async () => {
    const admin = await t.asAdmin();
    const call = (url: string, payload: object) =>
      t.app.inject({ method: 'POST', url: `/api/v1${url}`, payload, headers: admin.headers });
    const account = await register(t.app, { email: 'rosa@bücher.example' });
    const twin = { email: 'rosa@xn--bcher-kva.example', password: GOOD_PASSWORD };
    const again = await t.app.inject({
      method: 'POST',
      url: '/api/v1/auth/register',
      payload: twin,
      remoteAddress: strangerAddress(),
    });
    expect(again.statusCode).toBe(409);
    expect((await call('/users', { email: 'ROSA@BÜCHER.example' })).statusCode).toBe(409);
    for (const email of [account.email, twin.email, 'Ｒosa@Bücher.Example'])
      expect((await login(t.app, { email, password: GOOD_PASSWORD })).json()).toMatchObject({
        user: { id: account.id, email: twin.email },
      });
    const { id: pool } = (await call('/pools', { name: 'Readers' })).json<{ id: string }>();
    const members = { emails: [account.email, twin.email] };
    const added = await call(`/pools/${pool}/users?includeUnconfirmed=true&invite=true`, members);
    expect(added.json()).toMatchObject({ added: 1, invited: 0, unknown: 0 });
    const found = await t.app.inject({
      url: `/api/v1/users?q=${encodeURIComponent('rosa@bücher.example')}`,
      headers: admin.headers,
    });
    expect(found.json<{ items: object[] }>().items).toMatchObject([{ id: account.id }]);
    const removed = await t.app.inject({
      method: 'DELETE',
      url: `/api/v1/pools/${pool}/users`,
      payload: { emails: ['rosa@BÜCHER.example'] },
      headers: admin.headers,
    });
    expect(removed.json()).toEqual({ removed: 1 });
  });

  test('the answer names an invisible character, and the database takes no domain beyond ASCII', async () => {
    const answer = await t.app.inject({
      method: 'POST',
      url: '/api/v1/auth/register',
      payload: { email: 'ro\u200bsa@example.test', password: GOOD_PASSWORD },
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      400,
      { errors: [{ pointer: '/email', reason: 'invisible-character', values: { character: 'U+200B' } }] },
    ]);
    await expect(
      sql`INSERT INTO users (email) VALUES ('rosa@bücher.test')`.execute(t.db),
    ).rejects.toMatchObject({ code: '23514' });
  });
});

/** Accounts as versions before the rule made them. */
async function insertOld(t: TestApp, emails: readonly string[]): Promise<Map<string, string>> {
  await sql`ALTER TABLE users DROP CONSTRAINT users_email_canonical`.execute(t.db);
  const { rows } = await sql<{ id: string; email: string }>`
    INSERT INTO users (email, password_hash, created_at)
    SELECT email, password_hash, clock_timestamp() + position * interval '1 second'
    FROM unnest(${emails}::text[]) WITH ORDINALITY AS old(email, position),
         (SELECT password_hash FROM users WHERE password_hash IS NOT NULL LIMIT 1) AS any_account
    RETURNING id, email`.execute(t.db);
  await sql`
    ALTER TABLE users ADD CONSTRAINT users_email_canonical
      CHECK (email_clash OR email ~ '^[^@]+@[a-z0-9.-]+$') NOT VALID`.execute(t.db);
  return new Map(rows.map(({ id, email }) => [email, id]));
}

test('older accounts get the canonical form; one that would become another’s keeps its spelling, signs in and is shown', async () => {
  const t = await startTestApp({ patient: true });
  try {
    const admin = await t.asAdmin();
    await register(t.app, { email: 'somebody@example.test' }); // Its password is everybody's here.
    const many = Array.from({ length: 1_200 }, (_, n) => `reader${n}@bücher.test`);
    const ids = await insertOld(t, [
      'ana@bücher.test',
      'rosa@bücher.test',
      'rosa@xn--bcher-kva.test',
      'oﬃce@example.test',
      'oﬀice@example.test',
      'in\u200bvisible@example.test',
      'josé@example.test',
      ...many,
    ]);
    await Promise.all([canonicalizeEmails(t.db, t.app.log), canonicalizeEmails(t.db, t.app.log)]);
    await canonicalizeEmails(t.db, t.app.log);
    const { rows } = await sql<{ id: string; email: string; clash: boolean }>`
      SELECT id, email, email_clash AS clash FROM users`.execute(t.db);
    const now = new Map(rows.map(({ id, email, clash }) => [id, { email, clash }]));
    const become = (spelling: string) => now.get(ids.get(spelling)!);
    expect(become('ana@bücher.test')).toEqual({ email: 'ana@xn--bcher-kva.test', clash: false });
    expect(become('rosa@bücher.test')).toEqual({ email: 'rosa@bücher.test', clash: true });
    expect(become('rosa@xn--bcher-kva.test')).toEqual({ email: 'rosa@xn--bcher-kva.test', clash: false });
    expect(become('oﬃce@example.test')).toEqual({ email: 'office@example.test', clash: false });
    expect(become('oﬀice@example.test')).toEqual({ email: 'oﬀice@example.test', clash: true });
    expect(become('in\u200bvisible@example.test')).toMatchObject({ clash: true });
    expect(become('josé@example.test')).toEqual({ email: 'josé@example.test', clash: false });
    for (const spelling of many) expect(become(spelling)?.clash).toBe(false);

    for (const email of ['rosa@bücher.test', 'rosa@xn--bcher-kva.test', 'in\u200bvisible@example.test'])
      expect((await login(t.app, { email, password: GOOD_PASSWORD })).json()).toMatchObject({
        user: { id: ids.get(email) },
      });
    const shown = await t.app.inject({ url: '/api/v1/users?emailClash=true', headers: admin.headers });
    expect(
      shown
        .json<{ items: { id: string; emailClash: boolean }[] }>()
        .items.map(({ id, emailClash }) => [id, emailClash])
        .sort(),
    ).toEqual(
      ['rosa@bücher.test', 'oﬀice@example.test', 'in\u200bvisible@example.test']
        .map((spelling) => [ids.get(spelling), true])
        .sort(),
    );
    // It goes on as an account: an administrator can disable it.
    const disabled = await t.app.inject({
      method: 'PATCH',
      url: `/api/v1/users/${ids.get('rosa@bücher.test')}`,
      payload: { disabled: true },
      headers: admin.headers,
    });
    expect(disabled.statusCode).toBe(200);
  } finally {
    await t.close();
  }
});
