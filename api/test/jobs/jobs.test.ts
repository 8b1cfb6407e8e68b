import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Config, readConfig } from '../../src/config.ts';
import { selectModules } from '../../src/modules/index.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { marksOf, openGate, prepareTestJobs, type TestJob, testJobs } from '../support/test-jobs.ts';

interface Job {
  id: string;
  status: string;
  progress: { done: number; total: number | null; perSecond: number | null; secondsLeft: number | null };
  errors: number;
  result: Record<string, unknown> | null;
  failure: { code: string; reason: string } | null;
  [field: string]: unknown;
}

const modules = [...selectModules(['accounts', 'books', 'jobs']), testJobs];
const launch = (config: Partial<Config> = {}, databaseUrl?: string) =>
  startTestApp({ modules, databaseUrl, config: { jobConcurrency: 4, logLevel: 'silent', ...config } });

let api: TestApp;
/** On the same database, and runs no jobs. */
let idle: TestApp;
let admin: TestUser;
beforeAll(async () => {
  api = await launch();
  await prepareTestJobs(api.db);
  idle = await launch({ jobConcurrency: 0 }, api.databaseUrl);
  admin = await api.asAdmin();
});
afterAll(async () => {
  await idle.close();
  await api.close();
});

async function start(job: TestJob, headers: Record<string, string> = {}, { app } = api) {
  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/test-jobs',
    headers: { ...admin.headers, prefer: 'respond-async', ...headers },
    payload: job,
  });
  return { response, status: response.statusCode, job: response.json<Job>() };
}

async function get<T = Job>(path: string, headers: Record<string, string> = {}): Promise<T> {
  return (
    await api.app.inject({ url: `/api/v1/jobs${path}`, headers: { ...admin.headers, ...headers } })
  ).json<T>();
}

const cancel = (id: string) =>
  api.app.inject({ method: 'POST', url: `/api/v1/jobs/${id}/cancel`, headers: admin.headers });

const untilStatus = (id: string, status: string) =>
  eventually(async () => {
    const job = await get(`/${id}`);
    return job.status === status ? job : undefined;
  });

describe('progress', () => {
  test('moves step by step, with a rate and an estimate, and ends with a result', async () => {
    const { job } = await start({ steps: 5, gate: 4 });
    expect(job).toMatchObject({
      status: 'queued',
      progress: { done: 0, total: null },
      startedAt: null,
      result: null,
    });

    const half = await eventually(async () => {
      const seen = await get(`/${job.id}`);
      return seen.progress.done === 3 ? seen : undefined;
    });
    expect(half).toMatchObject({
      status: 'running',
      progress: { total: 5 },
      createdBy: admin.id,
      finishedAt: null,
    });
    expect(half.progress.perSecond).toBeGreaterThan(0);
    expect(half.progress.secondsLeft).toBeGreaterThan(0);

    await openGate(api.db, job.id);
    const ended = await untilStatus(job.id, 'completed');
    expect(ended).toMatchObject({
      progress: { done: 5, total: 5, secondsLeft: null },
      result: { steps: 5 },
      failure: null,
    });
    expect(await marksOf(api.db, job.id)).toMatchObject({ steps: [1, 2, 3, 4, 5] });
  });

  test('of a job that hardly moves is told all the same', async () => {
    const { job } = await start({ steps: 5, gate: 2 });
    await eventually(async () => (await get(`/${job.id}`)).progress.done === 1);
    await sql`UPDATE jobs SET created_at = created_at - interval '1 day', started_at = started_at - interval '1 day'
              WHERE id = ${job.id}`.execute(api.db);
    const { progress } = await get(`/${job.id}`);
    expect(progress).toMatchObject({ done: 1, total: 5, perSecond: 0 });
    expect(progress.secondsLeft).toBeGreaterThanOrEqual(4 * 86_400);
    await openGate(api.db, job.id);
    await untilStatus(job.id, 'completed');
  });

  test('jobs are listed newest first, by kind and status, page by page', async () => {
    const ids = [];
    for (let n = 0; n < 3; n += 1) ids.unshift((await start({ steps: 1 }, { prefer: 'wait=20' })).job.id);
    const first = await get<{ items: Job[]; nextCursor: string }>('?kind=generate&status=completed&limit=2');
    expect(first.items.map(({ id }) => id)).toEqual(ids.slice(0, 2));
    const second = await get<{ items: Job[] }>(
      `?kind=generate&status=completed&limit=2&cursor=${first.nextCursor}`,
    );
    expect(second.items[0]!.id).toBe(ids[2]);
    expect((await get<{ items: Job[] }>('?kind=undo')).items).toEqual([]);
  });

  test('a USER sees no jobs: 403; an unknown one is 404', async () => {
    const { headers } = await api.asUser();
    const { job } = await start({ steps: 1 });
    for (const url of ['/api/v1/jobs', `/api/v1/jobs/${job.id}`, `/api/v1/jobs/${job.id}/errors`]) {
      expect((await api.app.inject({ url, headers })).statusCode).toBe(403);
    }
    const url = `/api/v1/jobs/${job.id}/cancel`;
    expect((await api.app.inject({ method: 'POST', url, headers })).statusCode).toBe(403);
    for (const path of ['', '/errors']) {
      const unknown = `/api/v1/jobs/${randomUUID()}${path}`;
      expect((await api.app.inject({ url: unknown, headers: admin.headers })).statusCode).toBe(404);
    }
    expect((await cancel(randomUUID())).statusCode).toBe(404);
  });
});

describe('cancel', () => {
  test('a running job stops after the step it is in, and says what it did until then', async () => {
    const { job } = await start({ steps: 1000, gate: 3 });
    await eventually(async () => (await get(`/${job.id}`)).progress.done === 2);
    const asked = await cancel(job.id);
    expect(asked.json<Job>()).toMatchObject({
      status: 'running',
      cancelRequestedAt: expect.any(String) as string,
    });
    expect((await cancel(job.id)).statusCode).toBe(200); // Asking twice is asking once.

    await openGate(api.db, job.id);
    const ended = await untilStatus(job.id, 'cancelled');
    expect(ended).toMatchObject({ progress: { done: 3, total: 1000 }, result: { steps: 3 }, failure: null });
    expect((await marksOf(api.db, job.id)).steps).toEqual([1, 2, 3]);

    const again = await cancel(job.id);
    expect(again.statusCode).toBe(409);
    expect(again.json()).toMatchObject({
      code: 'conflict',
      reason: 'job-ended',
      values: { status: 'cancelled' },
    });
  });

  test('a job that nobody has begun is over at once, and never begins', async () => {
    // All workers are busy.
    const busy = await Promise.all([1, 2, 3, 4].map(() => start({ steps: 1, gate: 1 })));
    for (const { job } of busy) await untilStatus(job.id, 'running');
    const { job } = await start({ steps: 1 });
    expect((await cancel(job.id)).json<Job>()).toMatchObject({ status: 'cancelled', result: { steps: 0 } });
    for (const { job: other } of busy) await openGate(api.db, other.id);
    for (const { job: other } of busy) await untilStatus(other.id, 'completed');
    await untilStatus((await start({ steps: 1 })).job.id, 'completed'); // The queue has come past it.
    expect(await marksOf(api.db, job.id)).toEqual({ steps: [], pids: [] });
    expect(await get(`/${job.id}`)).toMatchObject({ status: 'cancelled', startedAt: null });
  });
});

test.for([
  { connections: 2, asked: 2, jobs: 1 },
  { connections: 4, asked: 2, jobs: 1 },
  { connections: 5, asked: 2, jobs: 2 },
  { connections: 10, asked: 0, jobs: 0 },
])(
  'each job has two connections to itself, and one is left: $connections',
  ({ connections, asked, jobs }) => {
    const env = { DATABASE_POOL_SIZE: String(connections), JOB_CONCURRENCY: String(asked) };
    expect(readConfig(env).jobConcurrency).toBe(jobs);
  },
);

describe('failure', () => {
  test('a refusal ends the job with its code and reason, and what it did until then', async () => {
    const { job } = await start({ steps: 5, problemAt: { step: 3, code: 'book-not-active' } });
    const failed = await untilStatus(job.id, 'failed');
    expect(failed).toMatchObject({
      failure: { code: 'book-not-active', reason: 'book-not-active' },
      result: { steps: 2 },
      progress: { done: 2 },
    });
  });

  test('after an unexpected error it goes on where it stopped', async () => {
    const { job } = await start({ steps: 4, breakAt: { step: 3, times: 2 } });
    await untilStatus(job.id, 'completed');
    expect((await marksOf(api.db, job.id)).steps).toEqual([1, 2, 3, 4]);
  });

  test('a lock that is not to be had for longer than its tries does not fail it: somebody may be migrating', async () => {
    const { job } = await start({ steps: 4, breakAt: { step: 3, times: 5, code: '55P03' } });
    await untilStatus(job.id, 'completed');
    expect((await marksOf(api.db, job.id)).steps).toEqual([1, 2, 3, 4]);
  });

  test('an error that comes again and again fails it, without telling what is inside', async () => {
    const { job } = await start({ steps: 4, breakAt: { step: 3, times: 1000 } });
    const failed = await untilStatus(job.id, 'failed');
    expect(failed.failure).toEqual({
      code: 'internal-error',
      reason: 'internal-error',
      values: {},
      detail: 'Something went wrong in the service. Nothing was changed.',
    });
    expect(failed.result).toEqual({ steps: 2 });
  });
});

describe('errors', () => {
  test('are counted, listed by line, and come as a CSV that no spreadsheet runs', async () => {
    const { job } = await start({ steps: 3, errorsPerStep: 2 }, { prefer: 'wait=20' });
    expect(job).toMatchObject({ status: 'completed', errors: 6 });
    const first = await get<{ items: object[]; nextCursor: string }>(`/${job.id}/errors?limit=4`);
    expect(first.items[0]).toEqual({
      line: 1,
      value: '=row 1.0',
      reason: 'exists',
      values: {},
      detail: 'Already exists',
    });
    const second = await get<{ items: { line: number }[] }>(
      `/${job.id}/errors?limit=4&cursor=${first.nextCursor}`,
    );
    expect(second).toMatchObject({ items: [{ line: 5 }, { line: 6 }], nextCursor: null });

    const url = `/api/v1/jobs/${job.id}/errors`;
    const file = await api.app.inject({ url, headers: { ...admin.headers, accept: 'text/csv' } });
    expect(file.headers['content-type']).toBe('text/csv; charset=utf-8');
    expect(file.headers['content-disposition']).toBe(`attachment; filename="errors-${job.id}.csv"`);
    const lines = file.body.split('\r\n');
    expect(lines.slice(0, 2)).toEqual(['line,value,reason,detail', "1,'=row 1.0,exists,Already exists"]);
    expect(lines).toHaveLength(8);
  });

  test('a CSV of more rows than one part holds is complete', async () => {
    const { job } = await start({ steps: 2, errorsPerStep: 5_000 }, { prefer: 'wait=20' });
    const url = `/api/v1/jobs/${job.id}/errors`;
    const file = await api.app.inject({ url, headers: { ...admin.headers, accept: 'text/csv' } });
    const lines = file.body.trimEnd().split('\r\n');
    expect(lines).toHaveLength(10_001);
    expect(lines.at(-1)).toBe("10000,'=row 2.4999,exists,Already exists");
  });
});

describe('starting', () => {
  test('a job that ends while its caller waits answers 201, one that does not 202, both with its place', async () => {
    const quick = await start({ steps: 1 }, { prefer: 'wait=20' });
    expect(quick).toMatchObject({ status: 201, job: { status: 'completed', result: { steps: 1 } } });
    expect(quick.response.headers).toMatchObject({
      location: `/api/v1/jobs/${quick.job.id}`,
      'preference-applied': 'wait=20',
    });

    const slow = await start({ steps: 1, gate: 1 }, { prefer: 'wait=1' });
    expect(slow).toMatchObject({ status: 202, job: { status: 'queued' } });
    expect(slow.response.headers.location).toBe(`/api/v1/jobs/${slow.job.id}`);

    const asynchronous = await start({ steps: 1, gate: 1 }, { prefer: 'handling=lenient, respond-async' });
    expect(asynchronous).toMatchObject({ status: 202, job: { status: 'queued' } });
    expect(asynchronous.response.headers['preference-applied']).toBe('respond-async');

    const unasked = await start({ steps: 1 }, { prefer: 'handling=lenient' });
    expect(unasked.status).toBe(201);
    expect(unasked.response.headers).not.toHaveProperty('preference-applied');
    for (const { job } of [slow, asynchronous]) await openGate(api.db, job.id);
    // The next tests look at what runs.
    for (const { job } of [slow, asynchronous]) await untilStatus(job.id, 'completed');
  });

  test('at most 30 seconds are waited for', async () => {
    const { response } = await start({ steps: 1 }, { prefer: 'wait=99999' });
    expect(response.headers['preference-applied']).toBe('wait=30');
  });

  test.each([
    { prefer: 'wait=20', status: 201 },
    { prefer: 'respond-async', status: 202 },
  ])(
    'repeated with its key ($prefer): the first answer, byte for byte, and no second job',
    async ({ prefer, status }) => {
      const headers = { prefer, 'idempotency-key': randomUUID() };
      const first = await start({ steps: 2 }, headers);
      await untilStatus(first.job.id, 'completed');
      const second = await start({ steps: 2 }, headers);
      expect([first.status, second.status]).toEqual([status, status]);
      expect(second.response.body).toBe(first.response.body);
      expect(second.response.headers).toMatchObject({
        'idempotent-replayed': 'true',
        location: first.response.headers.location,
      });
      expect((await marksOf(api.db, first.job.id)).steps).toEqual([1, 2]);
      expect((await start({ steps: 3 }, headers)).status).toBe(422);
    },
  );

  test('a repeat while the first caller still waits gets the job at once, and the first caller then the same answer', async () => {
    const headers = { prefer: 'wait=20', 'idempotency-key': randomUUID() };
    const first = start({ steps: 1, gate: 1 }, headers);
    const { id } = await eventually(async () => (await get<{ items: Job[] }>('?status=running')).items[0]);
    const early = await start({ steps: 1, gate: 1 }, headers);
    expect(early).toMatchObject({ status: 202, job: { id, status: 'queued' } });
    expect(early.response.headers).toMatchObject({
      'idempotent-replayed': 'true',
      location: `/api/v1/jobs/${id}`,
    });
    await openGate(api.db, id);
    const { response, status } = await first;
    expect({ status, body: response.body }).toEqual({ status: 202, body: early.response.body });
    expect((await start({ steps: 1, gate: 1 }, headers)).response.body).toBe(response.body);
    expect((await marksOf(api.db, id)).steps).toEqual([1]);
  });

  test('started where no jobs are run, it is run elsewhere', async () => {
    const { status, job } = await start({ steps: 1 }, { prefer: 'wait=20' }, idle);
    expect({ status, steps: job.result }).toEqual({ status: 201, steps: { steps: 1 } });
  });
});
