import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../support/app.ts';

const dist = join(import.meta.dirname, '../../../web/dist');
let testApp: TestApp;
beforeAll(async () => {
  expect(existsSync(dist), 'the tests need the web app: npm run build').toBe(true);
  testApp = await startTestApp();
});
afterAll(() => testApp.close());

const get = (url: string, headers: Record<string, string> = {}) => testApp.app.inject({ url, headers });
const asPage = (url: string) => get(url, { accept: 'text/html,application/xhtml+xml' });

test('every page address of the app answers the app, never from a cache that was not asked', async () => {
  for (const url of ['/', '/coupons', '/books/4711/codes?tab=x', '/sign-in']) {
    const answer = await asPage(url);
    expect(answer.statusCode, url).toBe(200);
    expect(answer.headers['content-type'], url).toContain('text/html');
    expect(answer.headers['cache-control'], url).toBe('no-cache');
    expect(answer.body, url).toContain('<div id="app"');
  }
});

test('the start page is there for whoever asks, also for programs that take anything', async () => {
  for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }] as Record<string, string>[]) {
    const answer = await get('/?from=a-program', headers);
    expect([headers, answer.statusCode], answer.body).toEqual([headers, 200]);
    expect(answer.headers['content-type']).toContain('text/html');
  }
  const { statusCode, body } = await testApp.app.inject({ method: 'HEAD', url: '/' });
  expect([statusCode, body]).toEqual([200, '']);
});

test('a page carries no script or address that its policy forbids', async () => {
  const { body, headers } = await asPage('/');
  expect(headers['content-security-policy']).toContain("default-src 'self'");
  expect(headers['content-security-policy']).not.toContain('script-src');
  expect(body).not.toMatch(/<script(?![^>]*\ssrc="\/)/);
  expect(body).not.toMatch(/(src|href)="(https?:)?\/\//);
});

test('files with a hash in their name are kept for ever, and come compressed', async () => {
  const script = readdirSync(join(dist, 'assets')).find((name) => name.endsWith('.js'))!;
  const answer = await get(`/assets/${script}`, { 'accept-encoding': 'br' });
  expect(answer.statusCode).toBe(200);
  expect(answer.headers['cache-control']).toContain('immutable');
  expect(answer.headers['content-encoding']).toBe('br');
});

test('what is no page stays a problem: API addresses, missing files, other methods, paths out of the folder', async () => {
  for (const url of [
    '/api/v1/nowhere',
    '/assets/nowhere.js',
    '/.built-from',
    '/%2e%2e/%2e%2e/package.json',
  ]) {
    const answer = await asPage(url);
    expect(answer.statusCode, url).toBe(404);
    expect(answer.headers['content-type'], url).toContain('application/problem+json');
  }
  expect((await get('/nowhere')).statusCode, 'a program that asks').toBe(404);
  expect((await testApp.app.inject({ method: 'POST', url: '/nowhere' })).statusCode).toBe(404);
});
