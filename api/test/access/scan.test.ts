import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';

type Schema = Record<string, unknown> & { properties?: Record<string, Schema>; required?: string[] };
interface Operation {
  access: 'public' | 'user' | 'admin';
  method: string;
  path: string;
  body?: Schema;
}

/** Every route of the OpenAPI document; a new one is in this scan by itself. */
const document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')) as {
  paths: Record<string, Record<string, Record<string, unknown>>>;
};
const operations: Operation[] = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => {
    const { requestBody, 'x-access': access } = operation as {
      requestBody?: { content: Record<string, { schema: Schema }> };
      'x-access'?: Operation['access'];
    };
    // Only the keys, outside of /api/, do not say it.
    return {
      access: access ?? 'public',
      method: method.toUpperCase(),
      path,
      body: requestBody?.content['application/json']?.schema,
    };
  }),
);

let t: TestApp;
let origin: string;
let bookId: string;
const roles = ['no token', 'USER', 'disabled USER', 'demoted ADMIN', 'disabled ADMIN', 'ADMIN'] as const;
type Role = (typeof roles)[number];
const people = {} as Record<Role, TestUser | null>;

beforeAll(async () => {
  t = await startTestApp({ patient: true, config: { rateLimitScale: 1_000, registration: 'open' } });
  bookId = await insertBook('SCAN', 50);
  Object.assign(people, {
    'no token': null,
    USER: await t.asUser(),
    'disabled USER': await t.asUser({ disabled: true }),
    'demoted ADMIN': await t.asAdmin(),
    'disabled ADMIN': await t.asAdmin({ disabled: true }),
    ADMIN: await t.asAdmin(),
  });
  await sql`UPDATE users SET role = 'USER' WHERE id = ${people['demoted ADMIN']!.id}`.execute(t.db);
  t.app.server.listen(0, '127.0.0.1');
  await once(t.app.server, 'listening');
  origin = `http://127.0.0.1:${(t.app.server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  t.app.server.closeAllConnections();
  await t.close();
});

/** A book with metadata and coupons: NAME-1, … */
async function insertBook(name: string, coupons: number): Promise<string> {
  const { rows } = await sql<{ id: string }>`
    INSERT INTO books (name, max_redemptions, lock_ttl_seconds, metadata)
    VALUES (${name}, 1, 300, '{"costPerCode": 7}') RETURNING id`.execute(t.db);
  const { id } = rows[0]!;
  await sql`
    INSERT INTO coupons (book_id, code)
    SELECT ${id}, ${name} || '-' || n FROM generate_series(1, ${coupons}::integer) AS n`.execute(t.db);
  return id;
}

/** The smallest value that fits a schema, with ids of things that exist. */
function sample(schema: Schema, name = ''): unknown {
  if (name === 'bookId') return bookId;
  if (name === 'userId') return undefined;
  if (schema.example !== undefined) return schema.example;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  if (schema.type === 'object' || schema.properties) {
    const { properties = {}, required = [] } = schema;
    return Object.fromEntries(required.map((key) => [key, sample(properties[key] ?? {}, key)]));
  }
  if (schema.type === 'array') return [];
  if (schema.type === 'integer' || schema.type === 'number') return schema.minimum ?? 1;
  if (schema.type === 'boolean') return false;
  return schema.format === 'uuid' ? '00000000-0000-4000-8000-000000000000' : 'a long and unusual sentence';
}

async function ask({ method, path, body }: Operation, user: TestUser | null): Promise<number> {
  const id = path.startsWith('/api/v1/books') ? bookId : '00000000-0000-4000-8000-000000000000';
  const url = path
    .replace('{code}', 'SCAN-1')
    .replace('{id}', path.startsWith('/api/v1/redemptions') ? '1' : id)
    .replace(/\{\w+\}/g, id);
  const controller = new AbortController();
  const response = await fetch(origin + url, {
    method,
    signal: controller.signal,
    redirect: 'manual',
    headers: { ...user?.headers, ...(body ? { 'content-type': 'application/json' } : {}) },
    body: body ? JSON.stringify(sample(body)) : undefined,
  });
  controller.abort(); // the live stream has no end
  return response.status;
}

test('every route answers each kind of caller as its access says', async () => {
  const table: Record<string, Record<string, number | string>> = {};
  const wrong: string[] = [];
  for (const operation of operations) {
    const line = `${operation.method} ${operation.path.replace('/api/v1', '')}`;
    table[line] = { access: operation.access };
    for (const role of roles) {
      if (role === 'ADMIN' && operation.method !== 'GET') continue; // it would delete and change what the others are asked about
      const status = await ask(operation, people[role]);
      table[line][role] = status;
      if (!isRight(operation, role, status)) wrong.push(`${line} as ${role}: ${status}`);
    }
  }
  // For a reader: SCAN_TABLE=1 npm test -- access/scan
  if (process.env.SCAN_TABLE) console.table(table);
  expect(wrong).toEqual([]);
  expect(Object.keys(table).length).toBeGreaterThan(50);
});

function isRight({ access, method, path }: Operation, role: Role, status: number): boolean {
  if (status >= 500) return false;
  if (access === 'public') return status !== 403;
  if (role === 'no token') return status === 401;
  if (role === 'disabled ADMIN') return status === 401;
  if (access === 'admin') {
    if (role === 'ADMIN') return status !== 401 && status !== 403;
    return status === 403;
  }
  if (path === '/api/v1/auth/password') return status === 401; // the password is wrong, whoever asks
  if (role === 'demoted ADMIN') return status === 403;
  // A disabled USER reads for as long as the token lives; commands, the account itself and the live stream ask the database.
  if (role === 'disabled USER') {
    const asks = method !== 'GET' || /\/auth\/me$|\/events\/stream$/.test(path);
    return asks ? status === 401 : status !== 401;
  }
  return status !== 401;
}

test('a USER never sees the metadata of a book, an ADMIN does', async () => {
  // A book of its own: of the other one, the scan has drawn coupons.
  const shownId = await insertBook('SHOWN', 1);
  const paths = [
    '/books',
    '/books/held',
    `/books/${shownId}`,
    '/coupons',
    '/coupons/SHOWN-1',
    '/coupons/SHOWN-1/history',
  ];
  const user = people.USER!;
  const given = await t.app.inject({
    method: 'POST',
    url: '/api/v1/coupons/assign/SHOWN-1',
    headers: user.headers,
    payload: {},
  });
  expect([given.statusCode, given.body.includes('costPerCode')]).toEqual([200, false]);
  for (const path of paths) {
    const { statusCode, body } = await t.app.inject({ url: `/api/v1${path}`, headers: user.headers });
    expect([path, statusCode, body.includes('costPerCode')]).toEqual([path, 200, false]);
  }
  for (const path of ['/books', `/books/${shownId}`]) {
    const { body } = await t.app.inject({ url: `/api/v1${path}`, headers: people.ADMIN!.headers });
    expect([path, body.includes('costPerCode')]).toEqual([path, true]);
  }
});
