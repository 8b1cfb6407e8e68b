import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Transaction } from '../../database/connection.ts';
import { isOutage } from '../../database/errors.ts';
import { type Answer, jsonAnswer, sendAnswer } from '../../answers/answer.ts';
import { allowLongWork, boundWaiting } from '../../deadline.ts';
import { type Claim, closeAnswer, readClaim, settleWrite } from '../../answers/idempotency.ts';
import { findJob, insertJob, type JobRow, type NewJob } from './queries.ts';
import type { Queue } from './queue.ts';
import { presentJob } from './schemas.ts';

const DEFAULT_WAIT_SECONDS = 10;
const MAX_WAIT_SECONDS = 30;
/** From the end of the wait until its answer is kept: an answer stays open this much longer than its caller waits. */
const CLOSE_SECONDS = 10;

/**
 * Answers a request for long work: makes the job in one transaction with its place in the queue and its Idempotency-Key, then
 * waits a little (RFC 7240: `Prefer: wait=<seconds>`, `respond-async`). 201 with the job if it ends in that time, else 202.
 * @param prepare checks the request and says what the job is; a Problem is the answer
 */
export async function startJob(
  request: FastifyRequest,
  reply: FastifyReply,
  prepare: (trx: Transaction) => Promise<NewJob>,
  claim: Claim | null = readClaim(request),
): Promise<FastifyReply> {
  const { db, jobQueue } = request.server;
  const { seconds, applied } = readPreference(request);
  boundWaiting(request);
  let started: JobRow | undefined;
  const first = await settleWrite(
    request,
    async (trx) => {
      started = await enqueueJob(trx, jobQueue, await prepare(trx));
      return jobAnswer(started, seconds > 0 ? seconds + CLOSE_SECONDS : undefined);
    },
    claim,
  );
  if (!started || first.status !== 202) return sendAnswer(reply, first);

  allowLongWork(request); // The caller asked to wait.
  jobQueue.wake();
  if (applied) reply.header('preference-applied', applied);
  const ended = await waitForEnd(request, started.id, seconds);
  const answer = ended ? jobAnswer(ended) : first;
  const kept = !claim || seconds === 0 || (await closeAnswer(db, claim, answer));
  return sendAnswer(reply, kept ? answer : first);
}

/** Makes a job and queues it, in one transaction with whatever else `trx` does. */
async function enqueueJob(trx: Transaction, queue: Queue, job: NewJob): Promise<JobRow> {
  const row = await insertJob(trx, job);
  await queue.enqueue(trx, row.id);
  return row;
}

function jobAnswer(job: JobRow, openSeconds?: number): Answer {
  const answer = jsonAnswer(job.finishedAt ? 201 : 202, presentJob(job), `/api/v1/jobs/${job.id}`);
  return { ...answer, openSeconds };
}

/** https://www.rfc-editor.org/rfc/rfc7240: of a preference that comes twice the first counts, unknown ones are ignored. */
function readPreference({ headers }: FastifyRequest): { seconds: number; applied?: string } {
  const preferences = [headers.prefer ?? []].flat().join(',').toLowerCase().split(/[,;]/);
  const wanted = preferences.map((text) => /^\s*wait\s*=\s*"?(\d{1,6})"?\s*$/.exec(text)?.[1]).find(Boolean);
  if (wanted !== undefined) {
    const seconds = Math.min(Number(wanted), MAX_WAIT_SECONDS);
    return { seconds, applied: `wait=${seconds}` };
  }
  if (preferences.some((text) => text.trim() === 'respond-async')) {
    return { seconds: 0, applied: 'respond-async' };
  }
  return { seconds: DEFAULT_WAIT_SECONDS };
}

async function waitForEnd(request: FastifyRequest, id: string, seconds: number): Promise<JobRow | undefined> {
  const { db, readiness } = request.server;
  const deadline = performance.now() + seconds * 1000;
  const isAwaited = () =>
    performance.now() < deadline && !request.raw.socket.destroyed && !readiness.draining;
  for (let pause = 20; isAwaited(); pause = Math.min(pause * 1.5, 500)) {
    await wait(Math.min(pause, Math.max(0, deadline - performance.now())));
    const job = await findJob(db, id).catch(ignoreOutage);
    if (job?.finishedAt) return job;
  }
  return undefined;
}

/** The job has been started, whatever becomes of a look at it. */
function ignoreOutage(error: unknown): undefined {
  if (!isOutage(error)) throw error;
}
