import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeEnvironment } from '../../race/server-process.ts';
import { finding, FINDING_REASONS } from '../../src/doctor/finding.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { GOOD_PASSWORD, register } from '../support/auth.ts';

const root = join(import.meta.dirname, '../../..');

let t: TestApp;
let address: string;
beforeAll(async () => {
  t = await startTestApp();
  await register(t.app, { email: 'boss@example.test' });
  await sql`UPDATE users SET role = 'ADMIN' WHERE email = 'boss@example.test'`.execute(t.db);
  address = await t.app.listen({ host: '127.0.0.1', port: 0 });
});
afterAll(() => t.close());

/** Runs the program as a person does. */
async function run(args: string[], env: Record<string, string> = {}) {
  const child = spawn(process.execPath, [join(root, 'scripts/run.mjs'), 'scripts/doctor.ts', ...args], {
    cwd: root,
    env: { ...nodeEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk) => (output[name] += String(chunk)));
  const [status] = (await once(child, 'close')) as [number];
  return { status, ...output };
}

interface Report {
  findings: { severity: string; reason: string; advice: string }[];
}
const reasonsOf = (stdout: string) => (JSON.parse(stdout) as Report).findings.map(({ reason }) => reason);

test('looks at the database of DATABASE_URL, says what to do, and ends with 2 for an error', async () => {
  const { status, stdout } = await run(['--data'], { DATABASE_URL: t.databaseUrl });
  // The tests' database need not survive a crash.
  expect(stdout).toContain(
    'ERROR   fsync is off: after a crash, acknowledged changes may be lost. [not-durable]\n        Set it to on.',
  );
  expect(status).toBe(2);
});

test('a database that is away is an error in its report', async () => {
  const { status, stdout } = await run(['--json', '--database', 'postgres://nobody@127.0.0.1:1/nothing']);
  expect(reasonsOf(stdout)).toEqual(['unreachable']);
  expect(status).toBe(2);
});

test('asks a service from outside, and with an administrator’s password for what it finds itself', async () => {
  const outside = await run(['--json', '--url', address]);
  expect([outside.status, reasonsOf(outside.stdout)]).toEqual([0, []]);
  const inside = await run(['--json', '--url', address], {
    ADMIN_EMAIL: 'boss@example.test',
    ADMIN_PASSWORD: GOOD_PASSWORD,
  });
  expect(reasonsOf(inside.stdout)).toContain('not-durable');
});

test('a service that is not ready, or not there, is an error', async () => {
  t.app.readiness.draining = true;
  const draining = await run(['--json', '--url', address]);
  t.app.readiness.draining = false;
  expect([draining.status, reasonsOf(draining.stdout)]).toEqual([2, ['service-not-ready']]);
  const gone = await run(['--json', '--url', 'http://127.0.0.1:1']);
  expect([gone.status, reasonsOf(gone.stdout)]).toEqual([2, ['service-unreachable']]);
});

test('a clock that differs from the service’s is a warning', async () => {
  const date = new Date(Date.now() - 3_600_000).toUTCString();
  const server = createServer((_request, response) => response.setHeader('date', date).end('{}'));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const { status, stdout } = await run(['--url', `http://127.0.0.1:${port}`]);
  server.close();
  expect(stdout).toMatch(
    /^WARNING The clock of the service and .* differ by 36\d\d s\. \[clock-differs-from-service\]/,
  );
  expect(status).toBe(1);
});

test('there is a test for each finding', () => {
  const tests = globSync('*.test.ts', { cwd: import.meta.dirname })
    .map((file) => readFileSync(join(import.meta.dirname, file), 'utf8'))
    .join('');
  expect(FINDING_REASONS.filter((reason) => !tests.includes(reason))).toEqual([]);
});

test('docs/operations.md has the words of each finding', () => {
  const operations = readFileSync(join(root, 'docs/operations.md'), 'utf8');
  const rows = [...operations.matchAll(/^\| `([\w-]+)` +\| (.+?) +\| .+ \|$/gm)];
  const said = new Map(rows.map(([, reason, words]) => [reason, words!]));
  // Each value is this mark, and may be anything.
  const anything = '\u0000';
  const values = new Proxy({}, { get: () => anything }) as never;
  const wrong = FINDING_REASONS.filter((reason) => {
    const parts = finding(reason, values)
      .detail.split(anything)
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return !new RegExp(`^${parts.join('.+')}$`).test(said.get(reason) ?? '');
  });
  expect(wrong).toEqual([]);
});

test('an option that it does not know is refused with its help', async () => {
  const { status, stderr } = await run(['--everything']);
  expect(status).toBe(2);
  expect(stderr).toContain('Usage: npm run doctor');
});

test('the page for administrators has the same findings; a USER does not get it', async () => {
  const admin = await t.asAdmin();
  const answer = await t.app.inject({ url: '/api/v1/doctor?data=true', headers: admin.headers });
  expect(answer.statusCode).toBe(200);
  expect(answer.json<Report>().findings.map(({ reason }) => reason)).toContain('not-durable');
  const user = await t.asUser();
  expect((await t.app.inject({ url: '/api/v1/doctor', headers: user.headers })).statusCode).toBe(403);
});
