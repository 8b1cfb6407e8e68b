import { expect, test } from 'vitest';
import { startTestApp } from '../support/app.ts';

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
