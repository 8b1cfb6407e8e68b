import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { forEachOf } from '../../race/client.ts';
import { nodeEnvironment } from '../../race/server-process.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { documented } from '../support/documented.ts';
import { eventually } from '../support/eventually.ts';
import { launchServer, type ServerProcess, untilReady } from '../support/server.ts';
import { rowsOf, setStage, type Stage, type StagedUser } from '../support/stage.ts';

const root = join(import.meta.dirname, '../../..');

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Does what docs/operations.md says, one command after another, all or the first ones. @returns what each prints */
async function follow(drill: string, env: Record<string, string>, first?: number): Promise<string[]> {
  const commands = documented(`drill: ${drill}`).trim().split('\n').slice(0, first);
  const printed: string[] = [];
  for (const command of commands) {
    const child = spawn('sh', ['-uc', command], {
      cwd: root,
      env: {
        ...nodeEnvironment(),
        PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
        JSON: 'content-type: application/json',
        ...env,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let output = '';
    child.stdout.on('data', (chunk) => (output += String(chunk)));
    await once(child, 'close');
    printed.push(output);
  }
  return printed;
}

async function startHere(env: Record<string, string> = {}): Promise<ServerProcess> {
  const server = await launchServer({ DATABASE_URL: database.url, ...env });
  await untilReady(server);
  return server;
}

async function call<T>(server: ServerProcess, { headers }: StagedUser, path: string, body?: object) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as T };
}

const untilCompleted = (server: ServerProcess, { admin }: Stage, jobId: string) =>
  eventually(async () => {
    const { body } = await call<{ status: string }>(server, admin, `/jobs/${jobId}`);
    return body.status === 'completed';
  });

/** What the commands of the drills name. */
const variables = (server: ServerProcess, { admin, bookId }: Stage) => ({
  HOST: server.url,
  URL: `${server.url}/api/v1`,
  ADMIN: `authorization: ${admin.headers.authorization.replace(/^bearer/i, 'Bearer')}`,
  BOOK: bookId,
});

test('a batch of codes leaked: nothing of it can be had or used any more, and what was given stays', async () => {
  const server = await startHere();
  const stage = await setStage(database.url, { users: 2, codes: 0 });
  const [owner, thief] = stage.users as [StagedUser, StagedUser];
  const { body: job } = await call<{ id: string }>(
    server,
    stage.admin,
    `/books/${stage.bookId}/codes/generate`,
    {
      count: 100,
    },
  );
  const codes = await eventually(async () => {
    const rows = await rowsOf<{ code: string }>(database.url, 'SELECT code FROM coupons WHERE book_id = $1', [
      stage.bookId,
    ]);
    return rows.length === 100 ? rows.map(({ code }) => code) : undefined;
  });
  expect((await call(server, owner, `/coupons/assign/${codes[0]}`, {})).status).toBe(200);
  await untilCompleted(server, stage, job.id);

  const [, undo] = await follow('leaked', { ...variables(server, stage), JOB: job.id });
  const { id } = JSON.parse(undo!) as { id: string };
  await untilCompleted(server, stage, id);
  expect(await call(server, owner, `/coupons/lock/${codes[0]}`, {})).toMatchObject({
    status: 409,
    body: { code: 'book-not-active' },
  });
  expect((await call(server, thief, `/coupons/assign/${codes[1]}`, {})).status).toBe(403);
  const left = await rowsOf(database.url, 'SELECT code FROM coupons WHERE book_id = $1', [stage.bookId]);
  expect(left).toEqual([{ code: codes[0] }]);
});

test('no administrator is left: the doctor says so, a link lets one in, and the doctor is content', async () => {
  const own = await createTestDatabase();
  onTestFinished(() => own.drop());
  const env = { DATABASE_URL: own.url };
  const server = await startHere(env);
  await rowsOf(own.url, `UPDATE users SET disabled_at = clock_timestamp() WHERE role = 'ADMIN'`);
  const [before, link] = await follow('no administrator', env);
  expect(before).toContain('No enabled account is an administrator. [no-admin]');
  const token = /\/access#([\w-]{43})/.exec(link!)![1];
  const reset = await fetch(`${server.url}/api/v1/auth/password/reset`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ token, password: 'a new password of the boss' }),
  });
  expect(reset.status).toBe(200);
  const [after] = await follow('no administrator', env, 1);
  expect(after).not.toMatch(/no-admin|initial-password/);
});

test('one bad client: metrics and log name it, others are served, and it can be shut out', async () => {
  const server = await startHere({ RATE_LIMIT_SCALE: '1', LOG_LEVEL: 'info' });
  const stage = await setStage(database.url, { users: 2, codes: 50, limit: 50 });
  const [bad, good] = stage.users as [StagedUser, StagedUser];
  const guess = async (index: number) => (await call(server, bad, `/coupons/lock/WRONG-${index}`, {})).status;
  const claim = async () =>
    (await call(server, good, '/coupons/assign/random', { bookId: stage.bookId })).status;
  // A few at a time: a busy machine could not answer all at once in time, and what comes too late is no guess.
  const [guesses, claims] = await Promise.all([
    forEachOf(Array.from({ length: 200 }), 10, (_, index) => guess(index)),
    forEachOf(Array.from({ length: 50 }), 10, claim),
  ]);
  expect(new Set(claims)).toEqual(new Set([200]));
  expect(guesses.filter((status) => status === 403)).toHaveLength(30);
  expect(guesses.filter((status) => status === 429)).toHaveLength(170);

  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-drill-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const log = join(folder, 'log');
  await eventually(() => server.output().split('"status":403').length > 30);
  writeFileSync(log, server.output());
  const [metrics, who] = await follow('bad client', { ...variables(server, stage), LOG: log, USER: bad.id });
  expect(metrics).toMatch(/operation="lockCoupon",code="rate-limited"\} 170\b/);
  expect(who!.trim()).toMatch(new RegExp(`^30 "user":"${bad.id}"$`));
  expect(await guess(0)).toBe(401);
});
