import { expect, onTestFinished, test } from 'vitest';
import { startTestApp } from '../support/app.ts';
import { createTestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { holdMigrations } from '../support/held-locks.ts';
import { launchServer, untilReady } from '../support/server.ts';

test('before the migrations have run, the API answers 503 with Retry-After, and not with a defect', async () => {
  const api = await startTestApp();
  const { headers } = await api.asAdmin();
  api.app.readiness.prepared = false;
  for (const url of ['/api/v1/books', '/api/v1/auth/me', '/api/v1/coupons/NO-SUCH']) {
    const answer = await api.app.inject({ url, headers });
    expect(answer.statusCode).toBe(503);
    expect(answer.json()).toMatchObject({ code: 'unavailable' });
    expect(answer.headers['retry-after']).toBe('1');
  }
  expect((await api.app.inject({ url: '/health/live' })).statusCode).toBe(200);
  api.app.readiness.prepared = true;
  await api.close();
});

test('a connection that breaks while the schema is brought up to date costs an attempt, and not the process', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const other = await holdMigrations(database.url);
  const server = await launchServer({ DATABASE_URL: database.url });
  await eventually(() => other.isWaitedFor());
  await other.breakWaiting();
  await eventually(() => other.isWaitedFor()); // It has come again.
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  await other.release();
  await untilReady(server);
  expect(await server.stop()).toBe(0);
});

test('told to stop while another process migrates, and cut off by the database: it ends with 0', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const other = await holdMigrations(database.url);
  const server = await launchServer({ DATABASE_URL: database.url, DRAIN_SECONDS: '1' });
  await eventually(() => other.isWaitedFor());
  server.kill('SIGTERM');
  await other.breakWaiting();
  expect(await server.exited).toBe(0);
});
