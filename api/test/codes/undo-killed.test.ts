import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { holdCoupon } from '../support/held-locks.ts';
import { checkInvariants } from '../support/invariants.ts';
import { codesOf } from '../support/nodes.ts';
import { launchWorker, outdateSignsOfLife } from '../support/workers.ts';

const CODES = 12_000;

/** Starts jobs and looks at them; real processes run them. */
let api: TestApp;
let admin: TestUser;
beforeAll(async () => {
  api = await startTestApp({ config: { jobConcurrency: 0, rateLimitScale: 10_000 } });
  admin = await api.asAdmin();
});
afterAll(() => api.close());

async function send(method: 'GET' | 'POST', path: string, payload?: object | string, headers: object = {}) {
  const answer = await api.app.inject({
    method,
    url: `/api/v1${path}`,
    payload,
    headers: {
      ...admin.headers,
      prefer: 'respond-async',
      ...(typeof payload === 'string' && { 'content-type': 'text/csv' }),
      ...headers,
    },
  });
  return { status: answer.statusCode, body: answer.json() };
}
const jobOf = async (id: string) => (await send('GET', `/jobs/${id}`)).body;
const ended = (id: string, status = 'completed') =>
  eventually(async () => {
    const job = await jobOf(id);
    return job.status === status ? job : null;
  });
const undo = async (id: string): Promise<string> => (await send('POST', `/jobs/${id}/undo`)).body.id;

const upload = (bookId: string) =>
  send(
    'POST',
    `/books/${bookId}/codes/upload`,
    Array.from({ length: CODES }, (_, n) => `${bookId.slice(0, 8)}-${n}`).join('\n'),
  );
const generate = (bookId: string) => send('POST', `/books/${bookId}/codes/generate`, { count: CODES });

/** A book whose codes one job has stored, some of them given; `middle` is one that an undo comes to half-way. */
async function fillBook(name: string, store: typeof upload) {
  const bookId: string = (await send('POST', '/books', { name })).body.id;
  const { id: jobId } = (await store(bookId)).body;
  await ended(jobId);
  const codes = await codesOf(api.db, bookId);
  expect(codes).toHaveLength(CODES);
  const [user, given] = [await api.asUser(), [codes[0]!, codes[CODES / 2]!, codes.at(-1)!]];
  for (const code of given)
    expect((await send('POST', `/coupons/assign/${code}`, { userId: user.id })).status).toBe(200);
  return { bookId, jobId, given, middle: codes[CODES / 2 + 1]! };
}

test('kill -9 in the middle of undoing an upload and a generation: the next process ends both, and nothing that was given is gone', async () => {
  const first = await launchWorker(api.databaseUrl);
  const books = [await fillBook('upload', upload), await fillBook('generation', generate)];
  const undoings = await Promise.all(
    books.map(async ({ jobId, middle, ...book }) => {
      const holder = await holdCoupon(api.databaseUrl, middle);
      return { ...book, holder, undoing: await undo(jobId) };
    }),
  );
  for (const { holder } of undoings) await eventually(() => holder.isWaitedFor());
  first.kill('SIGKILL');
  await first.exited;
  await outdateSignsOfLife(api.databaseUrl);
  for (const { undoing, bookId, holder } of undoings) {
    const { progress } = await jobOf(undoing);
    expect([progress.done > 0, progress.done < CODES]).toEqual([true, true]);
    expect((await codesOf(api.db, bookId)).length).toBe(CODES - progress.done + 1);
    await holder.release();
  }

  await launchWorker(api.databaseUrl);
  for (const { undoing, bookId, given } of undoings) {
    const job = await ended(undoing);
    expect(job.result).toMatchObject({ removed: CODES - 3, kept: 3, reasons: { owned: 3 }, left: 0 });
    expect(job.progress).toMatchObject({ done: CODES, total: CODES });
    expect(await codesOf(api.db, bookId)).toEqual(given);
    const errors = (await send('GET', `/jobs/${undoing}/errors`)).body.items;
    expect(errors.map(({ value }: { value: string }) => value)).toEqual(given);
    await checkInvariants(api.db, { bookIds: [bookId] });
  }
});

test('an undo that is cancelled says how many are left, and the next one removes them', async () => {
  await launchWorker(api.databaseUrl);
  const { bookId, jobId, given, middle } = await fillBook('cancelled', upload);
  const holder = await holdCoupon(api.databaseUrl, middle);
  const first = await undo(jobId);
  await eventually(() => holder.isWaitedFor());
  expect((await send('POST', `/jobs/${first}/cancel`)).status).toBe(200);
  await holder.release();
  const { result } = await ended(first, 'cancelled');
  const stored = (await codesOf(api.db, bookId)).length;
  expect([result.removed > 0, result.left > 0]).toEqual([true, true]);
  expect(result.removed + result.kept + result.left).toBe(CODES);
  // What is removed stays removed; what it looked at and kept is not left to look at.
  expect(stored).toBe(CODES - result.removed);
  expect(stored).toBe(result.kept + result.left);

  const second = await ended(await undo(jobId));
  expect(second.progress).toMatchObject({ done: stored, total: stored });
  expect(second.result).toMatchObject({ removed: stored - 3, kept: 3, left: 0 });
  expect(await codesOf(api.db, bookId)).toEqual(given);
  await checkInvariants(api.db, { bookIds: [bookId] });
});
