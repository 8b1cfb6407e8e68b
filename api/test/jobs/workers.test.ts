import { afterAll, beforeAll, expect, test } from 'vitest';
import { fileURLToPath } from 'node:url';
import { selectModules } from '../../src/modules/index.ts';
import { type ServerProcess, untilReady } from '../../race/server-process.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { launchServer } from '../support/server.ts';
import { rowsOf } from '../support/stage.ts';
import { startTcpProxy } from '../support/tcp-proxy.ts';
import { marksOf, openGate, prepareTestJobs, type TestJob, testJobs } from '../support/test-jobs.ts';
import { outdateSignsOfLife } from '../support/workers.ts';

const file = fileURLToPath(new URL('../support/test-jobs-process.ts', import.meta.url));

/** Starts jobs and looks at them; real processes run them. */
let api: TestApp;
let admin: TestUser;
beforeAll(async () => {
  const modules = [...selectModules(['accounts', 'books', 'jobs']), testJobs];
  api = await startTestApp({ modules, config: { jobConcurrency: 0 } });
  await prepareTestJobs(api.db);
  admin = await api.asAdmin();
});
afterAll(() => api.close());

async function launchWorker(env: Record<string, string> = {}): Promise<ServerProcess> {
  const worker = await launchServer({ DATABASE_URL: api.databaseUrl, ...env }, { file });
  await untilReady(worker);
  return worker;
}

async function start(job: TestJob): Promise<string> {
  const response = await api.app.inject({
    method: 'POST',
    url: '/api/v1/test-jobs',
    headers: { ...admin.headers, prefer: 'respond-async' },
    payload: job,
  });
  return response.json<{ id: string }>().id;
}

async function statusOf(id: string): Promise<string> {
  const response = await api.app.inject({ url: `/api/v1/jobs/${id}`, headers: admin.headers });
  return response.json<{ status: string }>().status;
}

/** A job that has done two steps, on this worker, and waits before the third. */
async function startHalf(worker: ServerProcess): Promise<string> {
  const id = await start({ steps: 5, gate: 3 });
  await eventually(async () => (await marksOf(api.db, id)).steps.length === 2);
  expect((await marksOf(api.db, id)).pids).toEqual([worker.pid]);
  return id;
}

const untilCompleted = (id: string) => eventually(async () => (await statusOf(id)) === 'completed');

test('a worker is killed with -9: another goes on where it stopped, and does nothing twice', async () => {
  const first = await launchWorker();
  const id = await startHalf(first);
  const second = await launchWorker();
  first.kill('SIGKILL');
  await openGate(api.db, id);
  await untilCompleted(id);
  // A step done twice would leave two marks.
  expect(await marksOf(api.db, id)).toEqual({ steps: [1, 2, 3, 4, 5], pids: [first.pid, second.pid] });
});

test('a worker that was only slow, and was taken for dead, writes nothing any more', async () => {
  const zombie = await launchWorker();
  const id = await startHalf(zombie);
  zombie.kill('SIGSTOP');
  await outdateSignsOfLife(api.databaseUrl);
  const heir = await launchWorker();
  await eventually(async () => {
    const [job] = await rowsOf<{ attempt: number }>(
      api.databaseUrl,
      'SELECT attempt FROM jobs WHERE id = $1',
      [id],
    );
    return job.attempt === 2;
  });
  // Both are at the gate now.
  zombie.kill('SIGCONT');
  await openGate(api.db, id);
  await untilCompleted(id);
  await eventually(() => zombie.output().includes('the job is run by another worker'));
  const { steps, pids } = await marksOf(api.db, id);
  expect(steps).toEqual([1, 2, 3, 4, 5]);
  expect(pids).toEqual([zombie.pid, heir.pid]);
  expect(await statusOf(id)).toBe('completed');
});

test('a worker that is told to stop hands its job over at once', async () => {
  const leaving = await launchWorker();
  const id = await startHalf(leaving);
  const staying = await launchWorker();
  expect(await leaving.stop()).toBe(0);
  // It has said so itself, before it would have been missed.
  const [queued] = await rowsOf<{ said: string }>(
    api.databaseUrl,
    `SELECT output->>'message' AS said FROM pgboss.job WHERE data->>'jobId' = $1`,
    [id],
  );
  expect(queued.said).toBe('this process stops; the job goes on elsewhere');
  await openGate(api.db, id);
  await untilCompleted(id);
  expect(await marksOf(api.db, id)).toEqual({ steps: [1, 2, 3, 4, 5], pids: [leaving.pid, staying.pid] });
});

test('two workers never run one job at a time, and share many', async () => {
  const workers = await Promise.all([launchWorker(), launchWorker()]);
  const ids = await Promise.all(Array.from({ length: 30 }, () => start({ steps: 20 })));
  for (const id of ids) await untilCompleted(id);
  const runners = await Promise.all(ids.map((id) => marksOf(api.db, id)));
  for (const { steps, pids } of runners) {
    expect(steps).toEqual(Array.from({ length: 20 }, (_, n) => n + 1));
    expect(pids).toHaveLength(1);
  }
  expect(new Set(runners.flatMap(({ pids }) => pids))).toEqual(new Set(workers.map(({ pid }) => pid)));
});

test('the database goes away in the middle: the job goes on when it is back', async () => {
  const proxy = await startTcpProxy(api.databaseUrl);
  const worker = await launchWorker({ DATABASE_URL: proxy.url });
  const id = await startHalf(worker);
  await proxy.down();
  await eventually(() => worker.output().includes('the database is away'));
  await openGate(api.db, id);
  await proxy.up();
  await untilCompleted(id);
  expect((await marksOf(api.db, id)).steps).toEqual([1, 2, 3, 4, 5]);
});

test('a worker whose job another did while its database was away says so, and does nothing', async () => {
  const proxy = await startTcpProxy(api.databaseUrl);
  const worker = await launchWorker({ DATABASE_URL: proxy.url });
  const id = await startHalf(worker);
  await proxy.down();
  await eventually(() => worker.output().includes('the database is away'));
  // What another worker does to it, in one statement.
  await rowsOf(
    api.databaseUrl,
    `UPDATE jobs SET attempt = attempt + 1, status = 'completed', finished_at = clock_timestamp(), result = '{}' WHERE id = $1`,
    [id],
  );
  await openGate(api.db, id);
  await proxy.up();
  await eventually(() => worker.output().includes('the job is run by another worker'));
  expect((await marksOf(api.db, id)).steps).toEqual([1, 2]);
});

test('a COMMIT whose answer is lost: the step is not done twice', async () => {
  const proxy = await startTcpProxy(api.databaseUrl);
  const worker = await launchWorker({ DATABASE_URL: proxy.url, JOB_CONCURRENCY: '1' });
  const id = await startHalf(worker);
  const lost = proxy.loseNextCommit();
  await openGate(api.db, id);
  await lost;
  await untilCompleted(id);
  expect(await marksOf(api.db, id)).toEqual({ steps: [1, 2, 3, 4, 5], pids: [worker.pid] });
});
