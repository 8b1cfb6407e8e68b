import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { expect, test } from 'vitest';
import { buildApp } from '../src/app.ts';
import { ConfigError, readConfig } from '../src/config.ts';
import { backgroundModules, moduleNames, selectModules } from '../src/modules/index.ts';
import type { Module } from '../src/modules/module.ts';
import { type ServiceName, serviceOf, services } from '../src/services.ts';

interface Document {
  paths: Record<string, Record<string, { operationId: string }>>;
  components: { schemas: Record<string, unknown> };
}

const whole = JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as Document;

/** The operations of an app as `METHOD /path`. It needs no database to know them. */
async function documentOf(modules: readonly Module[]): Promise<Document> {
  const config = readConfig({ DATABASE_URL: 'postgres://127.0.0.1:9/none', LOG_LEVEL: 'silent' });
  const app: FastifyInstance = await buildApp({ config, modules });
  try {
    await app.ready();
    return app.swagger() as unknown as Document;
  } finally {
    await app.close();
  }
}

const operationsOf = ({ paths }: Document) =>
  Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );

const brokenReferences = (document: Document) =>
  [...JSON.stringify(document).matchAll(/"#\/components\/schemas\/([^"]+)"/g)]
    .map(([, name]) => name!)
    .filter((name) => !Object.hasOwn(document.components.schemas, name));

test('every operation belongs to exactly one service, and its address leads to that service', async () => {
  const owners: Record<string, ServiceName[]> = {};
  for (const name of Object.keys(services) as ServiceName[]) {
    for (const operation of operationsOf(await documentOf(selectModules(services[name].modules)))) {
      (owners[operation] ??= []).push(name);
    }
  }
  expect(Object.keys(owners).sort()).toEqual(operationsOf(whole).sort());
  for (const [operation, names] of Object.entries(owners)) {
    const [method, path] = operation.split(' ') as [string, string];
    expect([operation, names]).toEqual([operation, [serviceOf(method, path.replaceAll(/\{\w+\}/g, 'LOCK'))]]);
  }
});

test('a coupon whose code is the name of a command is read like any other', () => {
  expect(serviceOf('GET', '/api/v1/coupons/lock')).toBe('coupon');
  expect(serviceOf('GET', '/api/v1/coupons/REDEEM/history')).toBe('coupon');
  expect(serviceOf('POST', '/api/v1/coupons/lock/LOCK')).toBe('redemption');
});

test('what no service has stays with the gateway', () => {
  for (const path of [
    '/',
    '/coupons',
    '/docs',
    '/openapi.json',
    '/metrics',
    '/health/ready',
    '/api/v1',
    '/api/v1/usersx',
  ])
    expect([path, serviceOf('GET', path)]).toEqual([path, undefined]);
});

test('each module and each part starts without any other being named, and its documentation is complete', async () => {
  for (const name of moduleNames) {
    expect([name, brokenReferences(await documentOf(selectModules([name])))]).toEqual([name, []]);
  }
});

test('the background has jobs and chores of every module, and no route of the API', async () => {
  expect(operationsOf(await documentOf(backgroundModules))).toEqual([]);
});

test('a process that runs jobs knows every kind of job, whichever module it serves', async () => {
  const config = readConfig({ DATABASE_URL: 'postgres://127.0.0.1:9/none', LOG_LEVEL: 'silent' });
  for (const name of ['jobs', 'codes', 'distributions']) {
    const app = await buildApp({ config, modules: selectModules([name]) });
    expect([...app.jobWorks.keys()].sort()).toEqual(['distribute', 'generate', 'import', 'undo']);
    await app.close();
  }
});

test('a module that does not exist is refused in one line that names those there are', () => {
  expect(() => selectModules(['coupons', 'cuopons'])).toThrow(ConfigError);
  expect(() => selectModules(['cuopons'])).toThrow(
    /^MODULES names "cuopons"; there are: accounts, books, .*, coupons, coupons-assign, .*, web$/,
  );
});

test('a name that a module had before is refused with the name it has now', () => {
  for (const [former, now] of [
    ['users', 'accounts'],
    ['auth', 'accounts'],
    ['redemptions', 'history'],
    ['events', 'history'],
  ])
    expect(() => selectModules(['coupons', former!])).toThrow(
      new ConfigError(`MODULES names "${former}": that module is called "${now}" now`),
    );
});
