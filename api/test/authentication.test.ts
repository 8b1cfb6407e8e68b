import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from './support/app.ts';

let t: TestApp;
beforeAll(async () => {
  t = await startTestApp();
});
afterAll(() => t.close());

test('works', async () => {
  const user = await t.asUser();
  expect(user.headers.authorization).toMatch(/^Bearer ey/);
});
