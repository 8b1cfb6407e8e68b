import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTestApp, type TestUser } from '../support/app.ts';

/** What Prometheus takes in from a process at each scrape, at most. docs/operations.md says the same. */
const MOST_BYTES = 250_000;

const { paths } = JSON.parse(readFileSync(join(import.meta.dirname, '../../openapi.json'), 'utf8')) as {
  paths: Record<string, Record<string, unknown>>;
};
const METHODS = ['get', 'post', 'put', 'patch', 'delete'] as const;
const OPERATIONS = Object.entries(paths).flatMap(([path, item]) =>
  METHODS.filter((method) => method in item).map((method) => ({ method, path })),
);

test('/metrics of a server that answered every route with every kind of status stays small', async () => {
  const t = await startTestApp({ config: { rateLimitScale: 10_000 } });
  try {
    const [admin, user] = [await t.asAdmin(), await t.asUser()];
    const ask = (by: TestUser | null, id: string, body?: string) =>
      Promise.all(
        OPERATIONS.map(({ method, path }) =>
          t.app.inject({
            method,
            url: path.replaceAll(/\{\w+\}/g, id),
            headers: { ...by?.headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
            payload: body,
            payloadAsStream: true, // The live stream has no end.
          }),
        ),
      );
    const id = '5f0c6b1e-0000-4000-8000-000000000000';
    await ask(null, id);
    await ask(user, id, '{}');
    await ask(user, '%00');
    await ask(admin, id, '{"a": 1}');
    await ask(admin, '%00', '[');
    for (const accept of ['text/csv', 'application/json'])
      await t.app.inject({ url: '/api/v1/events', headers: { ...admin.headers, accept } });
    // As while it is not ready.
    t.app.readiness.prepared = false;
    await ask(admin, id, '{}');
    t.app.readiness.prepared = true;

    const { body } = await t.app.inject({ url: '/metrics' });
    const counted = body.match(/^http_requests_total\{.*$/gm) ?? [];
    expect(counted.length).toBeGreaterThan(OPERATIONS.length * 2);
    expect(new Set(counted.map((line) => /status_code="(\d+)"/.exec(line)?.[1])).size).toBeGreaterThan(4);
    // All that a route adds, whatever it answered: its buckets once, and a line for each status.
    const ofDurations = body.match(/^http_request_duration_seconds_bucket\{/gm) ?? [];
    expect(ofDurations.length).toBeLessThanOrEqual((OPERATIONS.length + 10) * 11);
    expect(Buffer.byteLength(body)).toBeLessThan(MOST_BYTES);
  } finally {
    await t.close();
  }
});
