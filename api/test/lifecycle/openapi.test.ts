import { SerializerSelector } from '@fastify/fast-json-stringify-compiler';
import type { FastifySchema, RouteOptions } from 'fastify';
import fp from 'fastify-plugin';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { allModules } from '../../src/modules/index.ts';
import type { Module } from '../../src/modules/module.ts';
import { buildValidator } from '../../src/plugins/input.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { type Json, type OpenApi, operationsOf, readOpenApi } from '../support/operations.ts';

let testApp: TestApp;
let document: OpenApi;
let operations: ReturnType<typeof operationsOf>;
beforeAll(async () => {
  testApp = await startTestApp();
  document = await readOpenApi(testApp.app);
  operations = operationsOf(document);
});
afterAll(() => testApp.close());

/** Every object of the document, with where it is. */
function* walk(value: unknown, at = '#'): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Json];
  for (const [key, item] of Object.entries(value)) yield* walk(item, `${at}/${key.replaceAll('/', '~1')}`);
}

/** Every schema of the document; examples and defaults are data, not schemas. */
function* schemas(value: unknown, at: string): Generator<[string, Json]> {
  if (typeof value !== 'object' || value === null) return;
  const schema = value as Json;
  yield [at, schema];
  for (const [name, property] of Object.entries((schema.properties ?? {}) as Json)) {
    yield* schemas(property, `${at}/properties/${name}`);
  }
  for (const key of ['items', 'not', 'additionalProperties']) yield* schemas(schema[key], `${at}/${key}`);
  for (const key of ['allOf', 'anyOf', 'oneOf']) {
    for (const [index, part] of ((schema[key] ?? []) as unknown[]).entries())
      yield* schemas(part, `${at}/${key}/${index}`);
  }
}

function* allSchemas(): Generator<[string, Json]> {
  for (const [name, schema] of Object.entries(document.components.schemas as Json))
    yield* schemas(schema, name);
  for (const { name, operation } of operations) {
    for (const parameter of operation.parameters ?? [])
      yield* schemas(parameter.schema, `${name} ${parameter.name}`);
    for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
      yield* schemas(schema, `${name} body`);
    for (const [status, { content = {} }] of Object.entries(operation.responses)) {
      for (const { schema } of Object.values(content)) yield* schemas(schema, `${name} ${status}`);
    }
  }
}

test('it is OpenAPI 3.0.3 with a title, a version and every reference resolved', () => {
  expect(document.openapi).toBe('3.0.3');
  expect(document.info).toMatchObject({
    title: 'Coupon Book',
    version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
  });
  const dangling = [...walk(document)].flatMap(([at, { $ref }]) => {
    if (typeof $ref !== 'string') return [];
    const target = $ref
      .replace(/^#\//, '')
      .split('/')
      .reduce<unknown>((value, key) => (value as Json | undefined)?.[key], document);
    return $ref.startsWith('#/') && target ? [] : [`${at}: ${$ref}`];
  });
  expect(dangling).toEqual([]);
});

test('schemas use only words of OpenAPI 3.0', () => {
  // https://spec.openapis.org/oas/v3.0.3#schema-object
  const known = new Set(
    (
      'title multipleOf maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems minItems ' +
      'uniqueItems maxProperties minProperties required enum type allOf oneOf anyOf not items properties ' +
      'additionalProperties description format default nullable discriminator readOnly writeOnly xml externalDocs example ' +
      'deprecated $ref'
    ).split(' '),
  );
  const types = new Set([undefined, 'string', 'number', 'integer', 'boolean', 'array', 'object']);
  const strange = [...allSchemas()].flatMap(([at, schema]) => [
    ...Object.keys(schema)
      .filter((key) => !known.has(key) && !key.startsWith('x-'))
      .map((key) => `${at}: ${key}`),
    ...(types.has(schema.type as string) ? [] : [`${at}: type ${JSON.stringify(schema.type)}`]),
    ...(schema.type === 'array' && !schema.items ? [`${at}: array without items`] : []),
    // In 3.0 these are booleans beside the bound, and nullable needs a type beside it.
    ...['exclusiveMinimum', 'exclusiveMaximum']
      .filter((key) => typeof schema[key] === 'number')
      .map((key) => `${at}: ${key}`),
    ...(schema.nullable && !schema.type ? [`${at}: nullable without type`] : []),
    ...(schema.nullable && schema.enum && !(schema.enum as unknown[]).includes(null)
      ? [`${at}: nullable enum without null`]
      : []),
  ]);
  expect(strange).toEqual([]);
});

test('every operation says its name, what it is for, who may call it, and what it needs', () => {
  const names = operations.map(({ operation }) => operation.operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const { name, path, operation } of operations) {
    expect(operation, name).toMatchObject({
      operationId: expect.stringMatching(/^[a-z][A-Za-z]+$/) as string,
      summary: expect.stringMatching(/\S/) as string,
      tags: [expect.stringMatching(/^[a-z]/) as string],
      security: expect.any(Array) as unknown[],
    });
    const inPath = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    expect(inPath.map((parameter) => parameter.name).sort(), name).toEqual(
      [...path.matchAll(/\{([^}]+)\}/g)].map(([, parameter]) => parameter!).sort(),
    );
    expect(
      inPath.every(({ required }) => required),
      name,
    ).toBe(true);
  }
});

test('every response is documented: a success, and each refusal as problem+json', () => {
  for (const { name, path, operation } of operations) {
    const statuses = Object.keys(operation.responses);
    expect(
      statuses.some((status) => /^2\d\d$/.test(status)),
      `${name} has no success`,
    ).toBe(true);
    if (path.startsWith('/api/')) {
      expect(statuses, name).toEqual(expect.arrayContaining(['400', '429', '503']));
    }
    if (operation.security!.some((one) => 'accessToken' in (one as Json)))
      expect(statuses, name).toContain('401');
    for (const [status, { description, content }] of Object.entries(operation.responses)) {
      expect(description, `${name} ${status}`).toMatch(/\S/);
      expect(description, `${name} ${status}`).not.toBe('Default Response');
      if (status >= '400') {
        expect(content?.['application/problem+json']?.schema, `${name} ${status}`).toEqual({
          $ref: '#/components/schemas/Problem',
        });
      }
    }
  }
});

test('every write takes an Idempotency-Key', () => {
  const without = operations
    .filter(({ method }) => ['post', 'put', 'patch', 'delete'].includes(method))
    .filter(({ operation }) => !operation.parameters?.some(({ name }) => name === 'idempotency-key'))
    .map(({ name }) => name);
  expect(without).toEqual([]);
});

test('what has a default need not be sent', () => {
  for (const { name, operation } of operations)
    for (const { name: parameter, required, schema } of operation.parameters ?? [])
      if ('default' in schema) expect(required ?? false, `${name} ${parameter}`).toBe(false);
});

test('every schema of a route can be compiled, which a server only does when it is first needed', async () => {
  const routes: RouteOptions[] = [];
  const collect: Module = fp((app, _options, done) => {
    app.addHook('onRoute', (route) => void routes.push(route));
    done();
  });
  const { app, close } = await startTestApp({ modules: [collect, ...allModules] });
  onTestFinished(close);
  const validatorOf = buildValidator(app.getSchemas(), {} as never);
  const serializerOf = SerializerSelector()(app.getSchemas());
  expect(routes.length).toBeGreaterThan(operations.length / 2);
  for (const { method, url, schema = {} } of routes) {
    const route = { method: String(method), url };
    const { response = {}, ...parts } = schema as FastifySchema & { response?: Json };
    for (const httpPart of ['params', 'querystring', 'headers', 'body'] as const)
      for (const part of byType(parts[httpPart]))
        expect(
          () => validatorOf({ ...route, httpPart, schema: part })({}),
          `${url} ${httpPart}`,
        ).not.toThrow();
    for (const [httpStatus, answer] of Object.entries(response))
      for (const part of byType(answer))
        expect(
          () => serializerOf({ ...route, httpStatus, schema: part }),
          `${url} ${httpStatus}`,
        ).not.toThrow();
  }
});

/** The schemas of a part: one, or one for each type of content. */
function byType(part: unknown): unknown[] {
  const { content } = (part ?? {}) as { content?: Record<string, { schema?: unknown }> };
  if (content) return Object.values(content).flatMap(({ schema }) => (schema === undefined ? [] : [schema]));
  return part === undefined ? [] : [part];
}
