import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Span, startCollector } from '../support/collector.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { launchServer, untilReady } from '../support/server.ts';
import { setStage } from '../support/stage.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const USERS = 64;

async function startTracedServer(env: Record<string, string>) {
  const server = await launchServer({ DATABASE_URL: database.url, ...env });
  await untilReady(server);
  return server;
}

const isRequest = ({ name }: Span) => name === 'POST /api/v1/coupons/assign/random';

test('a group of claims is one span, linked with each request that it settled; the statements are below it', async () => {
  const collector = await startCollector();
  const server = await startTracedServer({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-collector-key=of the collector',
    OTEL_TRACES_SAMPLER_ARG: '1',
  });
  const stage = await setStage(database.url, { users: USERS, codes: USERS });
  const given = await Promise.all(
    stage.users.map(async ({ headers }) => {
      const response = await fetch(`${server.url}/api/v1/coupons/assign/random`, {
        method: 'POST',
        // A stranger may not say what is traced.
        headers: {
          ...headers,
          'content-type': 'application/json',
          traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
        },
        body: JSON.stringify({ bookId: stage.bookId }),
      });
      return ((await response.json()) as { code: string }).code;
    }),
  );
  const spans = await eventually(() => {
    const all = collector.spans();
    return all.filter(isRequest).length === USERS ? all : undefined;
  });

  const requests = spans.filter(isRequest);
  const groups = spans.filter(({ name }) => name === 'coupon group');
  const settled = groups.flatMap(({ links = [] }) => links.map(({ spanId }) => spanId));
  expect(settled.toSorted()).toEqual(requests.map(({ spanId }) => spanId).toSorted());
  expect(groups.length).toBeLessThan(USERS);
  for (const { links = [] } of requests)
    expect(groups.map(({ spanId }) => spanId)).toContain(links[0]?.spanId);
  for (const group of groups) {
    const statements = spans.filter(({ parentSpanId }) => parentSpanId === group.spanId);
    const names = statements.map(({ name }) => name).join(', ');
    expect(names).toMatch(/update coupons/);
  }
  expect(spans.map(({ traceId }) => traceId)).not.toContain('a'.repeat(32));
  // AWS X-Ray wants to see in them when a trace began.
  for (const { traceId } of spans) {
    expect(traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(Math.abs(Number.parseInt(traceId.slice(0, 8), 16) - Date.now() / 1000)).toBeLessThan(3_600);
  }

  expect(collector.headers[0]).toMatchObject({ 'x-collector-key': 'of the collector' });
  const exported = collector.bodies.join('\n');
  const secrets = [
    ...given,
    ...stage.codes,
    ...stage.users.flatMap(({ email, headers }) => [email, headers.authorization.slice(7)]),
  ];
  expect(secrets.filter((secret) => exported.includes(secret))).toEqual([]);
});

test('a trace goes on through a proxy that is trusted, and the log names it', async () => {
  const collector = await startCollector();
  const server = await startTracedServer({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_TRACES_SAMPLER_ARG: '0',
    TRUSTED_PROXIES: 'loopback',
    LOG_LEVEL: 'info',
  });
  const ask = (traceId: string, flags: string) =>
    fetch(`${server.url}/api/v1/books`, {
      headers: { 'x-forwarded-for': '192.0.2.7', traceparent: `00-${traceId}-${'b'.repeat(16)}-${flags}` },
    });
  await ask('c'.repeat(32), '01');
  await ask('d'.repeat(32), '00');
  await fetch(`${server.url}/api/v1/books`);
  // Not at the end only: what a stop has to send may be lost on a busy machine.
  await eventually(() => collector.spans().length > 0);
  server.kill('SIGTERM');
  await server.exited;
  expect(
    collector.spans().map(({ name, traceId, parentSpanId }) => ({ name, traceId, parentSpanId })),
  ).toEqual([{ name: 'GET /api/v1/books', traceId: 'c'.repeat(32), parentSpanId: 'b'.repeat(16) }]);
  expect(server.output()).toContain(`"trace_id":"${'c'.repeat(32)}"`);
});

test('a collector that is away costs no request, and does not delay the end', async () => {
  const server = await startTracedServer({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1',
    OTEL_TRACES_SAMPLER_ARG: '1',
  });
  expect((await fetch(`${server.url}/health/ready`)).status).toBe(200);
  server.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});
