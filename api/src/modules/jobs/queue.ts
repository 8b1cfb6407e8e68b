import { setTimeout as wait } from 'node:timers/promises';
import { fromKysely, PgBoss } from 'pg-boss';
import type { FastifyBaseLogger } from 'fastify';
import type { Database, Transaction } from '../../database/connection.ts';
import { isOutage } from '../../database/errors.ts';
import { hasQueuedJob } from './queries.ts';

const QUEUE = 'jobs';
/** A worker that was killed is missed after HEARTBEAT at the latest, and that is looked at every SUPERVISE. */
const HEARTBEAT_SECONDS = 10;
const SUPERVISE_SECONDS = 5;
const POLL_SECONDS = 1;
const NO_JOB = '00000000-0000-0000-0000-000000000000';
const MAX_HOURS = 12;
/** A job that is stopping ends its step first: see run.ts. */
const STOP_WITHIN_MS = 15_000;

export interface Queue {
  start: () => Promise<void>;
  /** Queues a job in the transaction that asks for it. */
  enqueue: (trx: Transaction, jobId: string) => Promise<void>;
  /** Resolves when this process runs no job and none waits for it, or when it is told to stop waiting. */
  untilIdle: (signal: AbortSignal) => Promise<void>;
  /** Tells this process's workers not to wait for their next look. */
  wake: () => void;
  stop: () => Promise<void>;
}

export interface QueueOptions {
  db: Database;
  log: FastifyBaseLogger;
  /** Jobs that this process runs at a time; 0: it only queues them. */
  concurrency: number;
  /** Runs a job to its end. Throws when it is to be run again, by any worker, a second later. */
  run: (jobId: string) => Promise<void>;
}

/** The queue: pg-boss over our own pool, so that its rows are written in our transactions and it opens no connections. */
export function createQueue({ db, log, concurrency, run }: QueueOptions): Queue {
  const boss = new PgBoss({
    db: fromKysely(db as never),
    schema: 'pgboss',
    schedule: false,
    supervise: concurrency > 0,
    superviseIntervalSeconds: SUPERVISE_SECONDS,
    monitorIntervalSeconds: SUPERVISE_SECONDS,
    reindex: false,
  });
  boss.on('error', (error) =>
    log[isOutage(error) ? 'warn' : 'error']({ err: error }, 'the job queue reports an error'),
  );
  let worker: string | undefined;
  let running = 0;

  return {
    async start() {
      await boss.start();
      await boss.createQueue(QUEUE, {
        policy: 'standard',
        heartbeatSeconds: HEARTBEAT_SECONDS,
        expireInSeconds: MAX_HOURS * 3600,
        retryLimit: 1000, // How often a job may fail is decided where it runs: see run.ts.
        retryDelay: 1,
      });
      // Whatever asks for the queue makes it known here. Else the first job would look for it on a second connection, beside its own
      // transaction.
      await boss.getJobById(QUEUE, NO_JOB);
      if (concurrency === 0) return;
      // Start-up may come here again when what follows it failed.
      worker ??= await boss.work<{ jobId: string }>(
        QUEUE,
        { batchSize: 1, localConcurrency: concurrency, pollingIntervalSeconds: POLL_SECONDS },
        async ([job]) => {
          running += 1;
          await run(job!.data.jobId).finally(() => (running -= 1));
        },
      );
    },
    async enqueue(trx, jobId) {
      await boss.send(QUEUE, { jobId }, { db: fromKysely(trx as never) });
    },
    async untilIdle(signal) {
      const isBusy = async () => running > 0 || (await hasQueuedJob(db)) || running > 0;
      while (!signal.aborted && (await isBusy()))
        await wait(POLL_SECONDS * 500, undefined, { signal }).catch(() => {});
    },
    wake() {
      if (worker) boss.notifyWorker(worker);
    },
    async stop() {
      // Its own graceful stop looks only every half second whether the workers are done.
      const idle = worker ? boss.offWork(QUEUE, { wait: true }) : Promise.resolve();
      const patience = new AbortController();
      await Promise.race([
        idle,
        wait(STOP_WITHIN_MS, undefined, { signal: patience.signal }).catch(() => {}),
      ]);
      patience.abort();
      await boss.stop({ graceful: false });
    },
  };
}
