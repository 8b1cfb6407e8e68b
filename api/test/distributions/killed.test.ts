import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { DrawRecord } from '../../src/modules/distributions/verify.ts';
import type { TestApp, TestUser } from '../support/app.ts';
import {
  countsByOwner,
  insertMembers,
  type SendJob,
  sendTo,
  startDistributions,
  whileSomeAreHeld,
} from '../support/distributions.ts';
import { eventually } from '../support/eventually.ts';
import { checkInvariants } from '../support/invariants.ts';
import { insertBook } from '../support/nodes.ts';
import { launchWorker, outdateSignsOfLife } from '../support/workers.ts';

const VERIFY = fileURLToPath(new URL('../../draw/verify.ts', import.meta.url));

/** Starts jobs and looks at them; real processes run them. */
let api: TestApp;
let admin: TestUser;
let send: SendJob;
beforeAll(async () => {
  ({ api, admin, send } = await startDistributions({ jobConcurrency: 0 }));
});
afterAll(() => api.close());

const jobOf = async (id: string) => (await send('GET', `/jobs/${id}`)).body;

test('kill -9 in the middle of a distribution, and of its undoing: both go on elsewhere, and nobody gets or loses one twice', async () => {
  const { poolId, userIds } = await insertMembers(api.db, 100);
  const book = await insertBook(api.db, 40_100, { maxAssignmentsPerUser: 400 });
  const first = await launchWorker(api.databaseUrl);
  const order = { bookId: book.id, mode: 'equal', perUser: 400 };
  const id = await whileSomeAreHeld(api.db, book.id, async () => {
    const { body } = await send('POST', `/pools/${poolId}/distribute`, order, { prefer: 'respond-async' });
    await eventually(async () => (await jobOf(body.id)).progress.done >= 4_000);
    first.kill('SIGKILL');
    await first.exited;
    return body.id;
  });
  await outdateSignsOfLife(api.databaseUrl);
  const { done } = (await jobOf(id)).progress;
  expect(done).toBeLessThan(40_000);

  const second = await launchWorker(api.databaseUrl);
  await eventually(async () => (await jobOf(id)).status === 'completed');
  expect((await jobOf(id)).result).toMatchObject({ assigned: 40_000, served: 100, skipped: 0, missing: 0 });
  expect(await countsByOwner(api.db, book.id)).toEqual(new Map(userIds.map((userId) => [userId, 400])));
  const { rows } = await sql<{ events: number; given: number }>`
    SELECT (SELECT count(*) FROM events WHERE job_id = ${id}) AS events,
           (SELECT sum(given) FROM distribution_shares WHERE job_id = ${id}) AS given`.execute(api.db);
  expect(rows).toEqual([{ events: 40_000, given: 40_000 }]);

  const undoing = await whileSomeAreHeld(api.db, book.id, async () => {
    const { body } = await send('POST', `/jobs/${id}/undo`, {}, { prefer: 'respond-async' });
    await eventually(async () => (await jobOf(body.id)).progress.done >= 4_000);
    second.kill('SIGKILL');
    await second.exited;
    return body.id;
  });
  await outdateSignsOfLife(api.databaseUrl);
  await launchWorker(api.databaseUrl);
  await eventually(async () => (await jobOf(undoing)).status === 'completed');
  expect((await jobOf(undoing)).result).toMatchObject({ unassigned: 40_000, kept: 0 });
  expect((await countsByOwner(api.db, book.id)).size).toBe(0);
  await checkInvariants(api.db, { bookIds: [book.id] });
});

test('the worker serves no API, but answers probes', async () => {
  const worker = await launchWorker(api.databaseUrl);
  expect((await fetch(`${worker.url}/health/live`)).status).toBe(200);
  expect((await fetch(`${worker.url}/api/v1/books`, { headers: admin.headers })).status).toBe(404);
  expect((await fetch(`${worker.url}/docs`)).status).toBe(404);
});

test('`npm run verify-draw` agrees with a record as it was published, and with no other', async () => {
  await launchWorker(api.databaseUrl);
  const { poolId } = await insertMembers(api.db, 30);
  const book = await insertBook(api.db, 100);
  const order = { bookId: book.id, mode: 'random', total: 70 };
  const { body: job } = await send('POST', `/pools/${poolId}/distribute`, order);
  const draw = (await sendTo<DrawRecord>(api, admin)('GET', `/jobs/${job.id}/draw`)).body;

  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-draw-'));
  const verify = async (record: unknown) => {
    const file = join(folder, 'draw.json');
    writeFileSync(file, JSON.stringify(record));
    return promisify(execFile)(process.execPath, [VERIFY, file]).then(
      ({ stdout }) => ({ code: 0, stdout }),
      ({ code, stdout }: { code: number; stdout: string }) => ({ code, stdout }),
    );
  };
  try {
    expect(await verify(draw)).toEqual({
      code: 0,
      stdout: expect.stringContaining('The draw agrees: 70 coupons for 30 users') as string,
    });
    expect(await verify({ ...draw, seed: '0'.repeat(64) })).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('does NOT agree') as string,
    });
    expect(await verify({ ...draw, shares: draw.shares.slice(1) })).toMatchObject({ code: 1 });
    expect(await verify({})).toMatchObject({ code: 2 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
