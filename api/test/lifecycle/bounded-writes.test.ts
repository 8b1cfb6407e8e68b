import { randomUUID } from 'node:crypto';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_PROBLEM_BYTES } from '../../src/bounds.ts';
import { insertBook } from '../support/nodes.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { type Json, operationsOf, type OpenApi, readOpenApi } from '../support/operations.ts';

let t: TestApp;
let admin: TestUser;
let document: OpenApi;
let bookId: string;
let poolId: string;
beforeAll(async () => {
  t = await startTestApp({ config: { rateLimitScale: 1_000_000 } });
  admin = await t.asAdmin();
  document = await readOpenApi(t.app);
  bookId = (await insertBook(t.db, 3)).id;
  const pool = await t.app.inject({
    method: 'POST',
    url: '/api/v1/pools',
    headers: admin.headers,
    payload: { name: 'fuzzed' },
  });
  poolId = pool.json<{ id: string }>().id;
});
afterAll(() => t.close());

/** Bytes of the small and of the large form of an input. Linear work grows by 8 between them, quadratic work by 64. */
const SMALL = 60_000;
const LARGE = 480_000;
const MOST_GROWTH = 24;
/** Below this a measurement is mostly noise. */
const LEAST_CPU_MS = 4;

const MARKS = '\u0301\u0316';
const repeat = (text: string, bytes: number) => text.repeat(Math.ceil(bytes / Buffer.byteLength(text)));
const times = (bytes: number, each: number, make: (n: number) => string) =>
  Array.from({ length: Math.ceil(bytes / each) }, (_, n) => make(n));

type Shape = (bytes: number) => string;

/** JSON that no schema asks for. */
const JSON_SHAPES: Record<string, Shape> = {
  'a long key over many NULs': (bytes) =>
    `{"${repeat('k', bytes / 10)}":[${times(bytes * 0.9, 9, () => '"\\u0000"').join()}]}`,
  'many fields': (bytes) => `{${times(bytes, 12, (n) => `"f${n}":null`).join()}}`,
  'a long field': (bytes) => `{"${repeat('k', bytes)}":1}`,
  'a long field of control characters': (bytes) => `{"${repeat('\\u0001', bytes)}":1}`,
  'keys of a prototype': (bytes) => `{${times(bytes, 17, () => '"__proto__":{}').join()}}`,
  'lone surrogates': (bytes) => `[${times(bytes, 9, () => '"\\ud800"').join()}]`,
  nesting: (bytes) => repeat('[', bytes / 2) + repeat(']', bytes / 2),
  'long nested keys': (bytes) => `{"${repeat('~', bytes / 2)}":{"${repeat('/', bytes / 2)}":"\\u0000"}}`,
  'marks on one letter': (bytes) => `{"a":"${repeat(MARKS, bytes)}"}`,
  'marks in a key': (bytes) => `{"${repeat(MARKS, bytes)}":1}`,
  'no JSON': (bytes) => repeat('{"', bytes),
};

const CSV_SHAPES: Record<string, Shape> = {
  'many bad rows': (bytes) => repeat('not a code!\n', bytes),
  'a long row': (bytes) => repeat('x', bytes),
  'many cells': (bytes) => repeat('a,', bytes),
  'open quotes': (bytes) => repeat('"a\n', bytes),
  marks: (bytes) => repeat(MARKS, bytes),
  'marks in rows': (bytes) => repeat(`${MARKS.repeat(500)}\n`, bytes),
  NULs: (bytes) => repeat('\0\n', bytes),
};

const BOUNDARY = 'limit';
const part = (name: string, content: string) =>
  `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${content}\r\n`;
const FORM_SHAPES: Record<string, Shape> = {
  'many fields': (bytes) => `${repeat(part('a', 'b'), bytes)}--${BOUNDARY}--`,
  'a field with a long name': (bytes) => `${part(repeat('n', bytes), 'b')}--${BOUNDARY}--`,
  'a long field': (bytes) => `${part('a', repeat('b', bytes))}--${BOUNDARY}--`,
  'a form without an end': (bytes) => part('file"; filename="a.csv', repeat('x\n', bytes)),
  'no form': (bytes) => repeat('--', bytes),
};

const SHAPES: Record<string, Record<string, Shape>> = {
  'application/json': JSON_SHAPES,
  'text/csv': CSV_SHAPES,
  'multipart/form-data': FORM_SHAPES,
};

/** A value that a schema takes. */
function sampleOf(schema: Json): unknown {
  const { example, type, format, minimum, minLength = 1 } = schema;
  if (example !== undefined) return example;
  if (Array.isArray(schema.enum)) return schema.enum[0] as unknown;
  if (format === 'uuid') return bookId;
  if (type === 'string') return 'x'.repeat(minLength as number);
  if (type === 'integer') return minimum ?? 1;
  if (type === 'boolean') return true;
  return type === 'array' ? [] : {};
}

/** Bodies that fit but for one field, which is far too large. */
function shapesOfFields(schema: Json): Record<string, Shape> {
  const { properties = {}, required = [] } = schema as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  const rest = Object.fromEntries(required.map((name) => [name, sampleOf(properties[name]!)]));
  const shapes: Record<string, Shape> = {};
  for (const [name, { type, items }] of Object.entries(properties)) {
    const one = type === 'array' ? sampleOf(items as Json) : undefined;
    shapes[`too much in ${name}`] = (bytes) =>
      JSON.stringify({
        ...rest,
        [name]:
          type === 'array'
            ? times(bytes, JSON.stringify(one).length + 1, () => one as string)
            : type === 'object'
              ? Object.fromEntries(times(bytes, 12, (n) => `f${n}`).map((key) => [key, key]))
              : repeat('x', bytes),
      });
  }
  return shapes;
}

/** The path of an operation with things that there are, as far as possible: what is not there is soon refused. */
function urlOf(path: string, parameters: { name: string; in: string; schema: Json }[]): string {
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    if (name === 'id' && path.startsWith('/api/v1/books/')) return bookId;
    if (name === 'id' && path.startsWith('/api/v1/pools/')) return poolId;
    const schema = parameters.find((parameter) => parameter.in === 'path' && parameter.name === name)?.schema;
    if (schema?.format === 'uuid') return randomUUID();
    return schema?.type === 'integer' ? '1' : 'NO-SUCH-ONE';
  });
}

interface Input {
  name: string;
  options: (bytes: number) => InjectOptions;
}

/** Every write of the document, what deletes last. */
const writes = () =>
  operationsOf(document)
    .filter(({ method }) => ['post', 'put', 'patch', 'delete'].includes(method))
    .sort((a, b) => Number(a.method === 'delete') - Number(b.method === 'delete'));

function* bodies(): Generator<Input> {
  for (const { name, path, method, operation } of writes()) {
    for (const [type, { schema }] of Object.entries(operation.requestBody?.content ?? {})) {
      const fields = type === 'application/json' ? shapesOfFields(schema) : {};
      for (const [shape, make] of Object.entries({ ...SHAPES[type], ...fields })) {
        yield {
          name: `${name}, ${type}: ${shape}`,
          options: (bytes) => ({
            method: method as 'POST',
            url: urlOf(path, operation.parameters ?? []),
            headers: {
              ...admin.headers,
              'content-type': type === 'multipart/form-data' ? `${type}; boundary=${BOUNDARY}` : type,
              'idempotency-key': randomUUID(),
              prefer: 'respond-async',
            },
            payload: make(bytes),
          }),
        };
      }
    }
  }
}

/** Sends an input; the answer, and how long this process computed for it. That does not depend on what else the machine does. */
async function measure(options: InjectOptions): Promise<{ answer: LightMyRequestResponse; cpuMs: number }> {
  const before = process.cpuUsage();
  const answer = await t.app.inject(options);
  const { user, system } = process.cpuUsage(before);
  return { answer, cpuMs: (user + system) / 1000 };
}

const growth = (small: number, large: number) => large / Math.max(small, LEAST_CPU_MS);

function expectBounded(name: string, answer: LightMyRequestResponse, sent: number): void {
  const bytes = answer.rawPayload.length;
  expect(answer.statusCode, `${name}: ${answer.body.slice(0, 300)}`).toBeLessThan(500);
  const most = MAX_PROBLEM_BYTES + (answer.statusCode < 400 ? 4 * sent : 0);
  expect(bytes, name).toBeLessThanOrEqual(most);
  if (answer.statusCode < 400) return;
  for (const { pointer } of answer.json<{ errors?: { pointer: string }[] }>().errors ?? [])
    expect(pointer.length, name).toBeLessThanOrEqual(200);
}

test('whatever a body holds, the answer of every write is small, and its work grows no faster than the body', async () => {
  const types = new Set(
    writes().flatMap(({ operation }) => Object.keys(operation.requestBody?.content ?? {})),
  );
  expect([...types].filter((type) => !(type in SHAPES))).toEqual([]);
  for (const { name, options } of bodies()) {
    const small = options(SMALL);
    const large = options(LARGE);
    let least = { small: Infinity, large: Infinity };
    // A collection of garbage can fall into any one of them.
    for (let round = 0; round < 5; round += 1) {
      const one = await measure({ ...small, headers: { ...small.headers, 'idempotency-key': randomUUID() } });
      const other = await measure({
        ...large,
        headers: { ...large.headers, 'idempotency-key': randomUUID() },
      });
      expectBounded(name, one.answer, SMALL);
      expectBounded(name, other.answer, LARGE);
      least = { small: Math.min(least.small, one.cpuMs), large: Math.min(least.large, other.cpuMs) };
      if (growth(least.small, least.large) < MOST_GROWTH) break;
    }
    expect(growth(least.small, least.large), `${name}: ${JSON.stringify(least)}`).toBeLessThan(MOST_GROWTH);
  }
});

/** Most of what Node takes in all headers, the address included. */
const HEADER_BYTES = 12_000;

const HEADER_SHAPES: Record<string, string> = {
  accept: repeat('text/csv;q=0.1,', HEADER_BYTES),
  'accept-encoding': repeat('br;q=0.1,', HEADER_BYTES),
  'content-encoding': repeat('gzip,', HEADER_BYTES),
  'content-type': `application/json${repeat(';charset', HEADER_BYTES)}`,
  cookie: repeat('coupon_book_session=a;', HEADER_BYTES),
  'idempotency-key': repeat('k ', HEADER_BYTES),
  'if-match': repeat('"a",', HEADER_BYTES),
  'if-none-match': repeat('W/"a",', HEADER_BYTES),
  'last-event-id': `1-${repeat('1-', HEADER_BYTES)}1.1.1`,
  origin: repeat('http://a', HEADER_BYTES),
  prefer: `respond-async,${repeat('wait=\t,', HEADER_BYTES)}`,
  range: `bytes=${repeat('0-0,', HEADER_BYTES)}`,
  'user-agent': repeat('a@', HEADER_BYTES),
  'x-request-id': repeat('x', HEADER_BYTES),
};

test('whatever a header, a query or a token holds, the answer of every operation is small', async () => {
  const unknown = repeat('q', HEADER_BYTES);
  for (const { name, path, method, operation } of operationsOf(document)) {
    if (path.endsWith('/stream')) continue; // its answer does not end
    const parameters = operation.parameters ?? [];
    const url = urlOf(path, parameters);
    const known = parameters.filter(({ in: place }) => place === 'query').map((parameter) => parameter.name);
    const queries = [
      `${unknown}=1`,
      '__proto__=1',
      times(HEADER_BYTES, 6, (n) => `q${n}=`).join('&'),
      ...known.flatMap((one) => [`${one}=${unknown}`, repeat(`${one}=a&`, HEADER_BYTES)]),
    ];
    const requests = [
      ...queries.map((query) => ({ url: `${url}?${query}`, headers: admin.headers })),
      { url: `${path.replace(/\{\w+\}/g, '')}${unknown}`, headers: admin.headers },
      { url: `${path.replace(/\{\w+\}/g, '')}%`, headers: admin.headers },
      { url, headers: { authorization: `Bearer ${repeat('eyJ.', HEADER_BYTES)}` } },
      ...Object.entries(HEADER_SHAPES).map(([header, value]) => ({
        url,
        headers: { ...admin.headers, [header]: value },
      })),
    ];
    for (const { url: address, headers } of requests) {
      // Nothing is changed: the body does not fit.
      const payload = operation.requestBody || method !== 'get' ? { payload: '[]' } : {};
      const answer = await t.app.inject({
        method: method as 'GET',
        url: address,
        headers: { 'content-type': 'application/json', ...headers } as Record<string, string>,
        ...payload,
      });
      expectBounded(
        `${name} ${address.slice(0, 200)} ${JSON.stringify(headers).slice(0, 60)}`,
        answer,
        100_000,
      );
    }
  }
});
