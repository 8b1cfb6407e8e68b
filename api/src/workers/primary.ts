import cluster, { type Worker } from 'node:cluster';
import { once } from 'node:events';
import { ClusterRegistry } from '@prometheus-io/client';
import Fastify, { type FastifyBaseLogger } from 'fastify';
import type { Config } from '../config.ts';
import type { EmbeddedPostgres } from '../embedded-postgres.ts';
import { loggerOptions } from '../logging.ts';
import { stopWithGrace } from '../stop-with-grace.ts';
import type { FromWorker, MeetingPoint, ToWorker } from './messages.ts';

/** One that does not live longer is not replaced at once. */
const SHORT_LIFE_MS = 5_000;
const PAUSE_MS = 1_000;

/**
 * Runs `config.workers` processes of this program on one port, each with its share of the database connections, and starts another for
 * one that dies. The embedded database is this process's. Each worker is a server like any other: what they must agree on is in
 * the database, and it is they who drain.
 * @param stopWithinMs longest a worker takes to stop
 * @param startEmbedded starts the embedded database, or ends the process
 */
export async function runWorkers(
  config: Config,
  stopWithinMs: number,
  startEmbedded: (log: FastifyBaseLogger) => Promise<EmbeddedPostgres>,
): Promise<void> {
  const { log } = Fastify({ logger: loggerOptions(config.logLevel) });
  let starting: Promise<EmbeddedPostgres> | undefined;
  let serving = false;
  let stopping = false;
  cluster.on('listening', () => (serving = true));

  const start = (environment: Record<string, string>): void => {
    const worker = cluster.fork(environment);
    const startedAt = performance.now();
    // What is told to one that dies in that moment; its end is seen below.
    worker.on('error', (err) => log.warn({ err, pid: worker.process.pid }, 'a worker could not be told'));
    worker.on('exit', (code, signal) => {
      if (stopping) return;
      // It has said why: a port in use, for one.
      if (!serving) return void stop(code || 1);
      log.error({ pid: worker.process.pid, code, signal }, 'a worker died: another takes its place');
      const pause = performance.now() - startedAt < SHORT_LIFE_MS ? PAUSE_MS : 0;
      setTimeout(() => !stopping && start(environment), pause);
    });
  };

  async function stop(code: number): Promise<void> {
    stopping = true;
    const alive = (Object.values(cluster.workers ?? {}) as Worker[]).filter((worker) => !worker.isDead());
    await Promise.all(
      alive.map(async (worker) => {
        const exited = once(worker, 'exit');
        worker.process.kill('SIGTERM');
        await exited;
      }),
    );
    await (await starting)?.stop();
    if (code > 0) process.exit(code);
  }

  stopWithGrace({ delay: stopWithinMs + 1_000, logger: log }, async ({ err }) => {
    if (err) log.fatal({ err }, 'stopping after an error that nobody handled');
    await stop(0);
  });
  // Only now that a signal is heard: PostgreSQL would run on without us.
  if (!config.databaseUrl) starting = startEmbedded(log);
  const embedded = await starting;
  if (stopping) return;
  // The first makes the database ready, and says meanwhile that it is not; no other may make it look ready before that.
  const startOthers = (_worker: Worker, { ready }: Partial<FromWorker>): void => {
    if (!ready || stopping) return;
    cluster.off('message', startOthers);
    for (let number = 1; number < config.workers; number += 1)
      start(environmentOf(config, false, embedded?.url));
  };
  cluster.on('message', startOthers);
  answerWorkers();
  start(environmentOf(config, true, embedded?.url));
}

/** What a worker's configuration differs in: an ordinary process is told the same by the same variables. */
function environmentOf(
  config: Config,
  first: boolean,
  embeddedUrl: string | undefined,
): Record<string, string> {
  return {
    WORKERS: '1',
    DATABASE_POOL_SIZE: String(Math.max(2, Math.floor(config.databasePoolSize / config.workers))),
    ...(embeddedUrl && { DATABASE_URL: embeddedUrl }),
    // One does the work that nobody waits for.
    ...(!first && { JOB_CONCURRENCY: '0', SWEEP_SECONDS: '0' }),
  };
}

/** Counts those who have come to a meeting point, and gathers metrics, for whichever worker was asked for them. */
function answerWorkers(): void {
  const registry = new ClusterRegistry();
  const arrived: Record<MeetingPoint, Set<number>> = { holding: new Set(), closed: new Set() };
  const tell = (worker: Worker, message: ToWorker) => worker.isConnected() && worker.send(message);

  cluster.on('message', (worker: Worker, message: Partial<FromWorker>) => {
    if (message.at) {
      arrived[message.at].add(worker.id);
      const all = Object.values(cluster.workers ?? {}) as Worker[];
      if (all.every(({ id }) => arrived[message.at!].has(id))) {
        for (const one of all) tell(one, { allAt: message.at });
      }
    } else if (message.wantsMetrics !== undefined) {
      const request = message.wantsMetrics;
      registry.clusterMetrics().then(
        (metrics) => tell(worker, { metrics, request }),
        (error: Error) => tell(worker, { error: error.message, request }),
      );
    }
  });
}
