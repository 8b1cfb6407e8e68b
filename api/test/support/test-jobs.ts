import { setTimeout as wait } from 'node:timers/promises';
import fp from 'fastify-plugin';
import { sql } from 'kysely';
import type { Database } from '../../src/database/connection.ts';
import type { ModuleOptions } from '../../src/modules/module.ts';
import { startJob } from '../../src/modules/jobs/start.ts';
import { callerOf } from '../../src/access/caller.ts';
import type { ProblemCode } from '../../src/problem-codes.ts';
import { Problem } from '../../src/problems.ts';

/** What a job of a test does: `steps` steps, each of which leaves a mark. */
export interface TestJob {
  steps: number;
  /** It waits before this step until `openGate`. */
  gate?: number;
  /** At this step it finds a refusal. */
  problemAt?: { step: number; code: ProblemCode };
  /** At this step something breaks that nobody expected, this often; with a SQLSTATE. */
  breakAt?: { step: number; times: number; code?: string };
  /** Each step reports so many unusable rows. */
  errorsPerStep?: number;
}

export async function prepareTestJobs(db: Database): Promise<void> {
  await sql`CREATE TABLE job_marks (job_id uuid, step integer, pid integer)`.execute(db);
  await sql`CREATE TABLE job_breaks (job_id uuid)`.execute(db);
  await sql`CREATE TABLE job_gates (job_id uuid PRIMARY KEY)`.execute(db);
}

export async function openGate(db: Database, jobId: string): Promise<void> {
  await sql`INSERT INTO job_gates VALUES (${jobId})`.execute(db);
}

/** The steps that were committed, in their order, and the processes that did them. */
export async function marksOf(db: Database, jobId: string): Promise<{ steps: number[]; pids: number[] }> {
  const { rows } = await sql<{ step: number; pid: number }>`
    SELECT step, pid FROM job_marks WHERE job_id = ${jobId} ORDER BY step`.execute(db);
  return { steps: rows.map(({ step }) => step), pids: [...new Set(rows.map(({ pid }) => pid))] };
}

/** A kind of job that only leaves marks, and the route that starts one. */
export const testJobs = fp<ModuleOptions>(
  async (app) => {
    app.addJobWork('generate', {
      async run({ db, job, step, refuseToStop }) {
        const input = job.input as unknown as TestJob;
        const done = () => (job.checkpoint?.steps as number | undefined) ?? 0;
        while (done() < input.steps) {
          const next = done() + 1;
          while (next === input.gate && !(await isOpen(db, job.id))) {
            refuseToStop();
            await wait(20);
          }
          if (next === input.problemAt?.step) throw new Problem(input.problemAt.code);
          if (next === input.breakAt?.step && (await countBreaks(db, job.id)) <= input.breakAt.times) {
            throw Object.assign(new Error('It broke, as it was told to.'), { code: input.breakAt.code });
          }
          await step(async (trx) => {
            await sql`INSERT INTO job_marks VALUES (${job.id}, ${next}, ${process.pid})`.execute(trx);
            const errors = Array.from({ length: input.errorsPerStep ?? 0 }, (_, index) => ({
              line: (next - 1) * input.errorsPerStep! + index + 1,
              value: `=row ${next}.${index}`,
              reason: 'exists' as const,
            }));
            return { done: next, total: input.steps, checkpoint: { steps: next }, errors };
          });
        }
      },
      report: ({ checkpoint }) => ({ steps: checkpoint?.steps ?? 0 }),
    });

    app.post('/api/v1/test-jobs', { config: { access: 'admin' } }, (request, reply) =>
      startJob(request, reply, async () => ({
        kind: 'generate',
        bookId: null,
        createdBy: callerOf(request).id,
        input: request.body as Record<string, unknown>,
      })),
    );
  },
  { name: 'test-jobs', dependencies: ['jobs'] },
);

async function isOpen(db: Database, jobId: string): Promise<boolean> {
  const { rows } = await sql`SELECT FROM job_gates WHERE job_id = ${jobId}`.execute(db);
  return rows.length > 0;
}

async function countBreaks(db: Database, jobId: string): Promise<number> {
  await sql`INSERT INTO job_breaks VALUES (${jobId})`.execute(db);
  const { rows } = await sql`SELECT FROM job_breaks WHERE job_id = ${jobId}`.execute(db);
  return rows.length;
}
