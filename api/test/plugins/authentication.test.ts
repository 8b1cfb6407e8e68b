import { createHmac, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import fp from 'fastify-plugin';
import {
  calculateJwkThumbprint,
  type CryptoKey,
  decodeJwt,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTPayload,
  SignJWT,
} from 'jose';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest';
import { jsonAnswer } from '../../src/answers/answer.ts';
import { callerOf } from '../../src/access/caller.ts';
import { write } from '../../src/answers/idempotency.ts';
import { rotateSigningKeys } from '../../src/access/signing-keys.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';

const probe = fp(async (app) => {
  app.get('/api/v1/probe', { config: { access: 'user' } }, async ({ caller }) => caller);
  app.get('/api/v1/probe/admin', { config: { access: 'admin' } }, async ({ caller }) => caller);
  app.post('/api/v1/probe/admin', { config: { access: 'admin' } }, async ({ caller }) => caller);
});

/** Its caller is demoted while it prepares. */
const slowWrite = fp(async (app) => {
  app.post('/api/v1/slow-write', { config: { access: 'admin' } }, async (request, reply) => {
    await sql`UPDATE users SET role = 'USER' WHERE id = ${callerOf(request).id}`.execute(app.db);
    return write(request, reply, async () => jsonAnswer(200, {}));
  });
});

/** Unknown key ids are looked up at most once a second. */
const POLL = { timeout: 540_000 };

let t: TestApp;
beforeAll(async () => {
  t = await startTestApp({ modules: [probe] });
});
afterAll(() => t.close());

const ask = (app: TestApp['app'], authorization?: string, url = '/api/v1/probe') =>
  app.inject({ url, headers: authorization === undefined ? {} : { authorization } });

/** The key that signs, as the database has it. */
async function signingKey(): Promise<{ id: string; jwk: JWK }> {
  await t.asUser();
  const { rows } = await sql<{
    id: string;
    jwk: JWK;
  }>`SELECT id, private_jwk AS jwk FROM signing_keys`.execute(t.db);
  return rows[0]!;
}

async function forge(
  change: { header?: object; payload?: JWTPayload; omit?: string; key?: CryptoKey } = {},
): Promise<string> {
  const { id, jwk } = await signingKey();
  const now = Math.floor(Date.now() / 1000);
  const payload: JWTPayload = {
    sub: randomUUID(),
    role: 'USER',
    iss: 'coupon-book',
    aud: 'coupon-book',
    iat: now,
    exp: now + 60,
    ...change.payload,
  };
  if (change.omit) delete payload[change.omit];
  return new SignJWT(payload)
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: id, ...change.header })
    .sign(change.key ?? (await importJWK(jwk, 'ES256')));
}

/** What the app takes for now: it learns the database's time with the keys, and on a busy machine that answer arrives late. */
async function secondOfApp(): Promise<number> {
  const { headers } = await t.asUser();
  return decodeJwt(headers.authorization.slice('Bearer '.length)).iat!;
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

test('a token of ours, and one made like it, is accepted', async () => {
  const { id, headers } = await t.asUser();
  expect((await t.app.inject({ url: '/api/v1/probe', headers })).json()).toEqual({ id, role: 'USER' });
  expect((await ask(t.app, `bearer ${await forge()}`)).statusCode).toBe(200);
});

const now = () => Math.floor(Date.now() / 1000);
const attacks: Record<string, () => Promise<string> | string> = {
  'no token': () => '',
  'another scheme': async () => `Basic ${await forge()}`,
  rubbish: () => 'Bearer rubbish',
  'rubbish of three parts': () => 'Bearer a.b.c',
  'a header that is no object': () => `Bearer ${encode([])}.${encode({})}.AA`,
  'a huge token': async () => `Bearer ${await forge({ payload: { padding: 'x'.repeat(3000) } })}`,
  expired: async () => `Bearer ${await forge({ payload: { exp: (await secondOfApp()) - 1 } })}`,
  'without exp': async () => `Bearer ${await forge({ omit: 'exp' })}`,
  'without sub': async () => `Bearer ${await forge({ omit: 'sub' })}`,
  'without role': async () => `Bearer ${await forge({ omit: 'role' })}`,
  'a role there is not': async () => `Bearer ${await forge({ payload: { role: 'ROOT' } })}`,
  'a subject that is no id': async () => `Bearer ${await forge({ payload: { sub: "' OR 1=1" } })}`,
  'not yet valid': async () => `Bearer ${await forge({ payload: { nbf: now() + 60 } })}`,
  'for another audience': async () => `Bearer ${await forge({ payload: { aud: 'another' } })}`,
  'of another issuer': async () => `Bearer ${await forge({ payload: { iss: 'another' } })}`,
  'a JWT that is no access token': async () => `Bearer ${await forge({ header: { typ: 'JWT' } })}`,
  'an id token': async () => `Bearer ${await forge({ header: { typ: undefined } })}`,
  'without kid': async () => `Bearer ${await forge({ header: { kid: undefined } })}`,
  'an unknown kid': async () => `Bearer ${await forge({ header: { kid: 'unknown' } })}`,
  'signed by another key under our kid': async () =>
    `Bearer ${await forge({ key: (await generateKeyPair('ES256')).privateKey })}`,
  'signed by a key in its own header': async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const jwk = await exportJWK(publicKey);
    return `Bearer ${await forge({ key: privateKey, header: { jwk, kid: await calculateJwkThumbprint(jwk) } })}`;
  },
  'a critical header we do not know': async () =>
    `Bearer ${await forge({ header: { crit: ['x'], x: 1 } }).catch(() => 'x')}`,
  'alg none': async () => {
    const [, payload] = (await forge()).split('.');
    return `Bearer ${encode({ alg: 'none', typ: 'at+jwt', kid: (await signingKey()).id })}.${payload}.`;
  },
  'HMAC under our public key': async () => {
    const { id, jwk } = await signingKey();
    const { d: _private, ...publicJwk } = jwk;
    const [, payload] = (await forge()).split('.');
    const input = `${encode({ alg: 'HS256', typ: 'at+jwt', kid: id })}.${payload}`;
    return `Bearer ${input}.${createHmac('sha256', JSON.stringify(publicJwk)).update(input).digest('base64url')}`;
  },
  'a payload that was changed': async () => {
    const [header, payload, signature] = (await forge()).split('.');
    const claims = JSON.parse(Buffer.from(payload!, 'base64url').toString()) as object;
    return `Bearer ${header}.${encode({ ...claims, role: 'ADMIN' })}.${signature}`;
  },
  'a signature cut short': async () => `Bearer ${(await forge()).slice(0, -4)}`,
};

test.each(Object.keys(attacks))('401 without a reason: %s', async (name) => {
  const authorization = await attacks[name]!();
  const response = await ask(t.app, authorization);
  expect(response.statusCode).toBe(401);
  expect(response.headers['www-authenticate']).toBe('Bearer');
  expect(response.json()).toMatchObject({
    code: 'unauthenticated',
    reason: 'unauthenticated',
  });
});

test('a remembered token ends when it expires', async () => {
  const authorization = `Bearer ${await forge()}`;
  expect((await ask(t.app, authorization)).statusCode).toBe(200);
  vi.useFakeTimers({ toFake: ['Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const endsAt = Date.now() + t.app.accessTokens.msLeft({ headers: { authorization } } as never);
  vi.setSystemTime(endsAt - 1);
  expect((await ask(t.app, authorization)).statusCode).toBe(200);
  vi.setSystemTime(endsAt);
  expect((await ask(t.app, authorization)).statusCode).toBe(401);
});

test('an /api/ route that does not say who may call it stops the boot', async () => {
  const careless = fp(async (app) => {
    app.get('/api/v1/careless', async () => 'oops');
  });
  await expect(startTestApp({ modules: [careless], databaseUrl: t.databaseUrl })).rejects.toThrow(
    'who may call it',
  );
});

test('403 for a USER where an ADMIN is asked for', async () => {
  const { headers } = await t.asUser();
  const response = await t.app.inject({ url: '/api/v1/probe/admin', headers });
  expect([response.statusCode, response.json().code]).toEqual([403, 'forbidden']);
});

test('an ADMIN who is demoted or disabled writes nothing from that moment on, whatever the token says', async () => {
  const write = (headers: { authorization: string }) =>
    t.app.inject({ method: 'POST', url: '/api/v1/probe/admin', headers });
  const demoted = await t.asAdmin();
  const disabled = await t.asAdmin();
  const deleted = await t.asAdmin();
  expect((await write(demoted.headers)).statusCode).toBe(200);
  await sql`UPDATE users SET role = 'USER' WHERE id = ${demoted.id}`.execute(t.db);
  await sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${disabled.id}`.execute(t.db);
  await sql`DELETE FROM users WHERE id = ${deleted.id}`.execute(t.db);
  expect((await write(demoted.headers)).statusCode).toBe(403);
  expect((await write(disabled.headers)).statusCode).toBe(401);
  expect((await write(deleted.headers)).statusCode).toBe(401);
});

test('an ADMIN who is demoted or disabled reads nothing a few seconds later, and one who is not goes on', async () => {
  const read = async ({ headers }: { headers: { authorization: string } }, url = '/api/v1/probe/admin') =>
    (await t.app.inject({ url, headers })).statusCode;
  const [demoted, disabled, other] = [await t.asAdmin(), await t.asAdmin(), await t.asAdmin()];
  for (const admin of [demoted, disabled, other]) expect(await read(admin)).toBe(200);
  await sql`UPDATE users SET role = 'USER' WHERE id = ${demoted.id}`.execute(t.db);
  await sql`UPDATE users SET disabled_at = clock_timestamp() WHERE id = ${disabled.id}`.execute(t.db);
  await expect.poll(() => read(demoted), POLL).toBe(403);
  await expect.poll(() => read(disabled), POLL).toBe(401);
  expect([await read(demoted, '/api/v1/probe'), await read(disabled, '/api/v1/probe')]).toEqual([403, 401]);
  expect(await read(other)).toBe(200);
});

test('a write whose body comes after the demotion is refused in its transaction', async () => {
  const app = await startTestApp({ modules: [slowWrite], databaseUrl: t.databaseUrl });
  const admin = await app.asAdmin();
  const answer = await app.app.inject({ method: 'POST', url: '/api/v1/slow-write', headers: admin.headers });
  expect([answer.statusCode, answer.json().code]).toEqual([403, 'forbidden']);
  await app.close();
});

test('a new key is published before it signs, and the one before verifies what it has signed', async () => {
  const database = await createTestDatabase();
  const first = await startTestApp({ modules: [probe], databaseUrl: database.url });
  const kid = (authorization: string) =>
    JSON.parse(Buffer.from(authorization.slice(7).split('.')[0]!, 'base64url').toString()).kid;
  const before = (await first.asUser()).headers.authorization;

  await rotateSigningKeys(first.db);
  expect(await first.app.accessTokens.publicKeys()).toHaveLength(1);
  await sql`UPDATE signing_keys SET created_at = created_at - interval '91 days'`.execute(first.db);
  await Promise.all([rotateSigningKeys(first.db), rotateSigningKeys(first.db), rotateSigningKeys(first.db)]);

  const second = await startTestApp({ modules: [probe], databaseUrl: database.url });
  const during = (await second.asUser()).headers.authorization;
  expect(await second.app.accessTokens.publicKeys()).toHaveLength(2);
  expect(kid(during)).toBe(kid(before));

  await sql`UPDATE signing_keys SET created_at = created_at - interval '5 minutes'`.execute(first.db);
  const third = await startTestApp({ modules: [probe], databaseUrl: database.url });
  const after = (await third.asUser()).headers.authorization;
  expect(kid(after)).not.toBe(kid(before));
  for (const token of [before, during, after]) {
    expect((await ask(third.app, token)).statusCode).toBe(200);
  }

  // What the first app learnt before the rotation does not know the new key; a token of it makes it look.
  await expect.poll(async () => (await ask(first.app, after)).statusCode, POLL).toBe(200);
  await sql`UPDATE signing_keys SET expires_at = clock_timestamp() - interval '1 second' WHERE expires_at IS NOT NULL`.execute(
    first.db,
  );
  const fourth = await startTestApp({ modules: [probe], databaseUrl: database.url });
  expect((await ask(fourth.app, before)).statusCode).toBe(401);
  expect((await ask(fourth.app, after)).statusCode).toBe(200);
  await Promise.all([first, second, third, fourth].map((app) => app.close()));
  await database.drop();
});

test('an outage of the database leaves known keys alone and answers 503, not 401, for what it cannot look up', async () => {
  const database = await createTestDatabase();
  const gate = await openGate(database.url);
  const app = await startTestApp({ modules: [probe], databaseUrl: gate.url });
  const known = (await app.asUser()).headers.authorization;
  const neverSeen = (await app.asUser()).headers.authorization;
  expect((await ask(app.app, known)).statusCode).toBe(200);
  const unknownKey = `Bearer ${await forge({ header: { kid: 'made-while-away' } })}`;
  await expect
    .poll(async () => {
      await gate.close();
      return (await ask(app.app, unknownKey)).statusCode;
    }, POLL)
    .toBe(503);
  expect((await ask(app.app, known)).statusCode).toBe(200);
  expect((await ask(app.app, neverSeen)).statusCode).toBe(200);
  expect((await ask(app.app, 'Bearer rubbish')).statusCode).toBe(401);
  await app.close();
  await database.drop();
});

/** A way to the database that can be cut. */
async function openGate(databaseUrl: string): Promise<{ url: string; close: () => Promise<void> }> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(target.port), target.hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
    }
    near.pipe(far).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: Object.assign(new URL(databaseUrl), { hostname: '127.0.0.1', port: String(port) }).href,
    async close() {
      if (!server.listening) return;
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}
