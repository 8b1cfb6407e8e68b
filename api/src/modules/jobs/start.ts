import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Database, Transaction } from '../../database/connection.ts';
import { inTransaction } from '../../database/transaction.ts';
import { jsonAnswer, sendAnswer } from '../../plugins/answers.ts';
import { type Claim, readClaim, replaceAnswer, settleWrite } from '../../plugins/idempotency.ts';
import { findJob, insertJob, type JobRow, type NewJob } from './queries.ts';
import type { Queue } from './queue.ts';
import { presentJob } from './schemas.ts';

const DEFAULT_WAIT_SECONDS = 10;
const MAX_WAIT_SECONDS = 30;

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
  let started: JobRow | undefined;
  const first = await settleWrite(
    request,
    async (trx) => {
      started = await enqueueJob(trx, jobQueue, await prepare(trx));
      return jobAnswer(started);
    },
    claim,
  );
  if (!started || first.replayed || first.status !== 202) return sendAnswer(reply, first);

  jobQueue.wake();
  const ended = await waitForEnd(db, started.id, waitSeconds(request), request);
  if (!ended) return sendAnswer(reply, first);
  const answer = jobAnswer(ended);
  // The first answer is this one: a repeat gets the same bytes.
  if (claim) await inTransaction(db, (trx) => replaceAnswer(trx, claim, answer));
  if (request.headers.prefer) reply.header('preference-applied', `wait=${waitSeconds(request)}`);
  return sendAnswer(reply, answer);
}

/** Makes a job and queues it, in one transaction with whatever else `trx` does. */
export async function enqueueJob(trx: Transaction, queue: Queue, job: NewJob): Promise<JobRow> {
  const row = await insertJob(trx, job);
  await queue.enqueue(trx, row.id);
  return row;
}

function jobAnswer(job: JobRow) {
  return jsonAnswer(job.finishedAt ? 201 : 202, presentJob(job), `/api/v1/jobs/${job.id}`);
}

/** https://www.rfc-editor.org/rfc/rfc7240: unknown preferences are ignored. */
function waitSeconds(request: FastifyRequest): number {
  const preferences = [request.headers.prefer ?? []].flat().join(',').toLowerCase();
  if (/(^|[,\s])respond-async([,;\s]|$)/.test(preferences) && !/wait=/.test(preferences)) return 0;
  const wanted = /(?:^|[,\s])wait=(\d{1,6})(?:[,;\s]|$)/.exec(preferences)?.[1];
  return Math.min(wanted === undefined ? DEFAULT_WAIT_SECONDS : Number(wanted), MAX_WAIT_SECONDS);
}

async function waitForEnd(
  db: Database,
  id: string,
  seconds: number,
  request: FastifyRequest,
): Promise<JobRow | undefined> {
  const deadline = performance.now() + seconds * 1000;
  for (
    let pause = 20;
    performance.now() < deadline && !request.raw.destroyed;
    pause = Math.min(pause * 1.5, 500)
  ) {
    await wait(Math.min(pause, Math.max(0, deadline - performance.now())));
    const job = await findJob(db, id);
    if (job?.finishedAt) return job;
    if (request.server.readiness.draining) return undefined;
  }
  return undefined;
}
