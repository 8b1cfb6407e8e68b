import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { HASHES_AT_ONCE } from '../../src/modules/accounts/sessions/hash-queue.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import {
  bearer,
  GOOD_PASSWORD,
  login,
  newEmail,
  register,
  strangerAddress,
  unlessBusy,
} from '../support/auth.ts';

type Verify = (password: string, hash: string) => Promise<boolean>;
const { verify, bcrypt } = vi.hoisted(() => ({ verify: vi.fn<Verify>(), bcrypt: {} as { verify: Verify } }));
vi.mock('@node-rs/bcrypt', async (importActual) => {
  const actual = await importActual<typeof import('@node-rs/bcrypt')>();
  bcrypt.verify = (password, hash) => actual.verify(password, hash);
  return { ...actual, verify };
});

let t: TestApp;
beforeAll(async () => {
  t = await startTestApp({ patient: true });
});
afterAll(() => t.close());
beforeEach(() => {
  verify.mockReset().mockImplementation(bcrypt.verify);
});

const post = (url: string, payload: unknown, headers: Record<string, string> = {}) =>
  t.app.inject({
    method: 'POST',
    url,
    payload: payload as object,
    headers,
    remoteAddress: strangerAddress(),
  });
const signUp = (payload: unknown, headers?: Record<string, string>) =>
  post('/api/v1/auth/register', payload, headers);

test('201 with the user, never the password; then signing in works and /auth/me tells who', async () => {
  const response = await signUp({
    email: '  Ada.Lovelace@Example.Test ',
    password: GOOD_PASSWORD,
    name: ' Ada ',
  });
  expect(response.statusCode).toBe(201);
  expect(response.headers.location).toBe('/api/v1/auth/me');
  expect(response.json()).toEqual({
    id: expect.any(String),
    email: 'ada.lovelace@example.test',
    confirmed: false,
    hasPassword: true,
    initialPassword: false,
    emailClash: false,
    externalId: null,
    name: 'Ada',
    role: 'USER',
    disabledAt: null,
    createdAt: expect.stringMatching(/Z$/),
    updatedAt: expect.stringMatching(/Z$/),
  });

  const signedIn = await login(t.app, { email: 'ADA.lovelace@example.test', password: GOOD_PASSWORD });
  expect(signedIn.statusCode).toBe(200);
  expect(signedIn.json()).toEqual({ accessToken: expect.any(String), expiresIn: 900, user: response.json() });
  expect(signedIn.headers['cache-control']).toBe('no-store');
  expect(signedIn.headers['set-cookie']).toEqual([
    expect.stringMatching(
      /^coupon_book_session=[\w-]{43}; Max-Age=1209600; Path=\/api\/v1\/auth; HttpOnly; SameSite=Strict$/,
    ),
    expect.stringMatching(
      /^coupon_book_device=[\w-]{22}\.[\w-]{43}; Max-Age=15552000; Path=\/api\/v1\/auth; HttpOnly; SameSite=Strict$/,
    ),
  ]);

  const me = await t.app.inject({ url: '/api/v1/auth/me', headers: bearer(signedIn) });
  expect([me.statusCode, me.json()]).toEqual([200, response.json()]);
});

test('the cookies are Secure behind https', async () => {
  const secure = await startTestApp({
    config: { publicUrl: 'https://coupons.example.com' },
    databaseUrl: t.databaseUrl,
  });
  const account = await register(secure.app);
  const { cookies } = await login(secure.app, account);
  expect(cookies.map(({ secure: isSecure }) => isSecure)).toEqual([true, true]);
  await secure.close();
});

test('what is kept of a password is a bcrypt hash of cost 12 over its digest', async () => {
  const { id } = await register(t.app);
  const { rows } = await sql<{
    hash: string;
  }>`SELECT password_hash AS hash FROM users WHERE id = ${id}`.execute(t.db);
  expect(rows[0]!.hash).toMatch(/^\$2[aby]\$12\$[./\w]{53}$/);
});

test('a password counts to its last character, and not by how a keyboard composes it', async () => {
  const long = `${'x'.repeat(100)}-é-ﬁ`;
  const account = await register(t.app, { password: long });
  expect((await login(t.app, { ...account, password: `${'x'.repeat(100)}-e\u0301-fi` })).statusCode).toBe(
    200,
  );
  expect((await login(t.app, { ...account, password: `${'x'.repeat(100)}-é-x` })).statusCode).toBe(401);
});

test('409 for an e-mail that is taken, however it is written', async () => {
  const { email } = await register(t.app);
  const response = await signUp({ email: email.toUpperCase(), password: GOOD_PASSWORD });
  expect([response.statusCode, response.json().code]).toEqual([409, 'conflict']);
  expect(response.json().errors).toEqual([
    { in: 'body', pointer: '/email', reason: 'taken', values: {}, detail: 'Already taken' },
  ]);
});

test('of 5 who register one e-mail at once, one gets it', async () => {
  const email = newEmail();
  const all = await Promise.all(
    Array.from({ length: 5 }, () => unlessBusy(() => signUp({ email, password: GOOD_PASSWORD }))),
  );
  expect(all.map(({ statusCode }) => statusCode).sort()).toEqual([201, 409, 409, 409, 409]);
});

test.each([
  ['nothing', {}, ''],
  ['no e-mail', { email: 'nobody', password: GOOD_PASSWORD }, '/email'],
  ['two @', { email: 'a@b@example.test', password: GOOD_PASSWORD }, '/email'],
  ['a space inside', { email: 'a b@example.test', password: GOOD_PASSWORD }, '/email'],
  ['a control character', { email: 'a\u0007b@example.test', password: GOOD_PASSWORD }, '/email'],
  [
    'a header injection',
    { email: 'a@example.test\r\nBcc: b@example.test', password: GOOD_PASSWORD },
    '/email',
  ],
  ['a domain of dots', { email: 'a@..', password: GOOD_PASSWORD }, '/email'],
  [
    'an e-mail of 255 characters',
    {
      email: `${'a'.repeat(60)}@${`${'b'.repeat(60)}.`.repeat(3)}${'c'.repeat(11)}`,
      password: GOOD_PASSWORD,
    },
    '/email',
  ],
  ['a NUL in the e-mail', { email: 'a\0@example.test', password: GOOD_PASSWORD }, '/email'],
  ['a NUL in the password', { email: 'a@example.test', password: `${GOOD_PASSWORD}\0` }, '/password'],
  [
    'a lone surrogate in the password',
    { email: 'a@example.test', password: `${GOOD_PASSWORD}\ud800` },
    '/password',
  ],
  ['7 characters', { email: 'a@example.test', password: '1xY!7-z' }, '/password'],
  ['129 characters', { email: 'a@example.test', password: 'ab'.repeat(64) + 'c' }, '/password'],
  ['a common password', { email: 'a@example.test', password: 'PassW0rd123' }, '/password'],
  ['one character repeated', { email: 'a@example.test', password: 'zzzzzzzzzzzz' }, '/password'],
  [
    'the e-mail as password',
    { email: 'someone.new@example.test', password: 'Someone.New@example.test' },
    '/password',
  ],
  ['its local part as password', { email: 'someone.new@example.test', password: 'someone.new' }, '/password'],
  ['a password that is a number', { email: 'a@example.test', password: 1234567890 }, '/password'],
  ['a name of blanks', { email: 'a@example.test', password: GOOD_PASSWORD, name: '  ' }, '/name'],
  ['a role', { email: 'a@example.test', password: GOOD_PASSWORD, role: 'ADMIN' }, '/role'],
])('400 for %s', async (_name, payload, pointer) => {
  const response = await signUp(payload);
  expect([response.statusCode, response.json().code]).toEqual([400, 'invalid-request']);
  expect(response.json().errors[0].pointer).toMatch(pointer);
});

test.each([
  `${'a'.repeat(64)}@example.test`,
  'O’Brien+tag@sub.example.test',
  'ΔΟΚΙΜΉ@παράδειγμα.test',
  'admin@localhost',
])('201 for %s', async (email) => {
  expect((await signUp({ email, password: 'ab'.repeat(64) })).statusCode).toBe(201);
});

test('the same Idempotency-Key registers once and gets the first answer, byte for byte', async () => {
  const payload = { email: newEmail(), password: GOOD_PASSWORD };
  const headers = { 'idempotency-key': randomUUID() };
  const first = await signUp(payload, headers);
  const again = await signUp(payload, headers);
  expect([first.statusCode, again.statusCode]).toEqual([201, 201]);
  expect(again.body).toBe(first.body);
  expect(again.headers.location).toBe(first.headers.location);
  expect([first.headers['idempotent-replayed'], again.headers['idempotent-replayed']]).toEqual([
    undefined,
    'true',
  ]);
  const other = await signUp({ ...payload, password: 'another long sentence' }, headers);
  expect([other.statusCode, other.json().code]).toEqual([422, 'idempotency-key-reused']);
});

test('what is kept of an Idempotency-Key cannot be tried against passwords, even when the key is guessed', async () => {
  const email = newEmail();
  const key = '1';
  const create = async (password: string, reader?: { authorization: string }) =>
    t.app.inject({
      method: 'POST',
      url: '/api/v1/users',
      headers: { ...(reader ?? (await t.asAdmin()).headers), 'idempotency-key': key },
      payload: { email, password },
    });
  const { headers } = await t.asAdmin();
  // Each administrator has keys of their own, so these are two rows: an account, and a refusal.
  expect([
    (await create(GOOD_PASSWORD, headers)).statusCode,
    (await create('another long sentence')).statusCode,
  ]).toEqual([201, 409]);
  const { rows } = await sql<{ fingerprints: number; rows: number }>`
    SELECT count(DISTINCT fingerprint) AS fingerprints, count(*) AS rows FROM idempotency_keys WHERE body LIKE ${`%${email}%`}
      OR body LIKE '%/api/v1/users%'`.execute(t.db);
  expect(rows[0]).toMatchObject({ fingerprints: 1, rows: 2 });
  expect((await create(GOOD_PASSWORD, headers)).headers['idempotent-replayed']).toBe('true');
  const other = await create('quite another sentence', headers);
  expect([other.statusCode, other.json().code]).toEqual([422, 'idempotency-key-reused']);
});

test('every field of a body that is called a password is declared as one, and so left out of what is kept', async () => {
  const text = (await t.app.inject({ url: '/openapi.json' })).body;
  const fields = JSON.stringify(JSON.parse(text)).matchAll(
    /"(\w*[pP]assword)":(\{"(?:minLength|type|description)[^{}]*\})/g,
  );
  const declared = [...fields].map(([, name, schema]) => [
    name,
    JSON.parse(schema!).format ?? JSON.parse(schema!).type,
  ]);
  expect(declared.length).toBeGreaterThan(4);
  for (const [, kind] of declared) expect(['password', 'boolean']).toContain(kind);
});

test('one 401 for a wrong password, an unknown, a disabled and a password-less account, after the same work', async () => {
  const account = await register(t.app);
  const disabled = await register(t.app);
  await sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${disabled.id}`.execute(t.db);
  const { email: without } = await t.asUser();
  const attempts = [
    { email: account.email, password: 'wrong password' },
    { email: newEmail(), password: GOOD_PASSWORD },
    { email: disabled.email, password: disabled.password },
    { email: without, password: GOOD_PASSWORD },
    { email: 'not an e-mail', password: GOOD_PASSWORD },
  ];
  const bodies = new Set<string>();
  for (const attempt of attempts) {
    verify.mockClear();
    const response = await login(t.app, attempt, { remoteAddress: strangerAddress() });
    expect(response.statusCode).toBe(401);
    expect(response.headers['set-cookie']).toBeUndefined();
    expect(verify).toHaveBeenCalledOnce();
    expect(verify.mock.calls[0]![1]).toMatch(/^\$2[aby]\$12\$/);
    const { requestId: _different, ...body } = response.json<Record<string, unknown>>();
    bodies.add(JSON.stringify(body));
  }
  expect(bodies.size).toBe(1);
});

test('the password that was made up for unknown accounts opens no account without a password', async () => {
  verify.mockResolvedValueOnce(true);
  const { email } = await t.asUser();
  expect((await login(t.app, { email, password: GOOD_PASSWORD })).statusCode).toBe(401);
});

test('signing in keeps no answer, whatever its Idempotency-Key', async () => {
  const account = await register(t.app);
  const headers = { 'idempotency-key': randomUUID() };
  const first = await login(t.app, account, { headers });
  const second = await login(t.app, account, { headers });
  expect(second.headers['idempotent-replayed']).toBeUndefined();
  expect(second.headers['set-cookie']).not.toBe(first.headers['set-cookie']);
  const { rows } = await sql`SELECT FROM idempotency_keys WHERE body LIKE '%accessToken%'`.execute(t.db);
  expect(rows).toHaveLength(0);
});

test('a full queue of passwords answers 503 at once, and what waits is served', async () => {
  const waiting: (() => void)[] = [];
  verify.mockImplementation(() => new Promise((resolve) => waiting.push(() => resolve(false))));
  const attempt = () =>
    login(t.app, { email: newEmail(), password: 'x' }, { remoteAddress: strangerAddress() });
  // Those that run, 50 times as many that wait, and some for whom there is no place.
  const all = Array.from({ length: HASHES_AT_ONCE * 51 + 28 }, attempt);
  const settled = all.map((one) =>
    one.then(({ statusCode, headers }) => ({ statusCode, retryAfter: headers['retry-after'] })),
  );
  const first = await Promise.race(settled);
  expect(first).toEqual({ statusCode: 503, retryAfter: '5' });
  verify.mockImplementation(async () => false);
  for (const finish of waiting) finish();
  const statuses = (await Promise.all(settled)).map(({ statusCode }) => statusCode);
  expect(new Set(statuses)).toEqual(new Set([401, 503]));
  expect(statuses.filter((status) => status === 401).length).toBeGreaterThan(20);
});

test('the key set lets any service verify a token without asking', async () => {
  const response = await t.app.inject({ url: '/.well-known/jwks.json' });
  expect(response.statusCode).toBe(200);
  const { keys } = response.json<{ keys: object[] }>();
  expect(keys).toHaveLength(1);
  expect(keys[0]).toEqual({
    kty: 'EC',
    crv: 'P-256',
    x: expect.any(String),
    y: expect.any(String),
    kid: expect.any(String),
    alg: 'ES256',
    use: 'sig',
  });
});

test('/auth/me is 401 for an account that was disabled after its token was made', async () => {
  const { id, headers } = await t.asUser();
  await sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${id}`.execute(t.db);
  expect((await t.app.inject({ url: '/api/v1/auth/me', headers })).statusCode).toBe(401);
});
