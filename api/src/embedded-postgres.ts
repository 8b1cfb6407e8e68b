import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { openCluster, removeUnfinished, type Cluster } from './embedded-postgres/cluster.ts';
import { isRunning } from './embedded-postgres/processes.ts';
import { ensureServer, stopServer, type Server, type Settings } from './embedded-postgres/server.ts';

export type EmbeddedPostgresOptions = {
  /** Made when absent. Holds `postgres/` and the server's log; nothing else should be in it. */
  dataDir: string;
  /** Unset: the one of last time, at first a free one. */
  port?: number;
  log: { info(message: string): void; warn(message: string): void };
  /** More settings of PostgreSQL. Its defaults are durable: nothing acknowledged is lost. */
  settings?: Settings;
};

export type EmbeddedPostgres = {
  /** For `pg`, with the password in it; stays the same when the server has to be started again. */
  url: string;
  /** Of the server now; another one after it died. */
  readonly pid: number;
  /** Fast shutdown: ends all connections, writes everything, resolves when done. */
  stop(): Promise<void>;
};

type Owner = { client: pg.Client; server: Server };

const DATABASE = 'coupon_book';
const APPLICATION = 'coupon-book process';
const CONNECT_TIMEOUT_MS = 10_000;
const CLAIM_TIMEOUT_MS = 60_000;
const MAX_BACKOFF_MS = 5_000;

/** The lock's number is nobody else's: it counts in the database `postgres` only, where the application has no locks. */
const CLAIM = `
  SELECT pg_try_advisory_lock(0, 1926) AS owned,
         EXISTS (SELECT FROM pg_database WHERE datname = '${DATABASE}') AS created,
         (SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
           WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = 1926 AND objsubid = 2
             AND pg_stat_activity.pid <> pg_backend_pid()) AS holder`;

/**
 * Runs a PostgreSQL of our own in `dataDir`, on 127.0.0.1 alone, also as root (then as the owner of the data, `nobody`
 * for new data).
 *
 * The server is detached, so Ctrl-C or SIGTERM to us leaves it for the requests that are being finished; stop() ends
 * it. After kill -9 of this process it runs on and the next start takes it over; after kill -9 of the server it is
 * started again, with backoff, on the same url.
 *
 * Its owner is who holds an advisory lock in it, on a connection kept open: the kernel closes that with the process,
 * so there is no lock file that could be stale.
 * @throws in one sentence that says what to do; also when another live process owns the server
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const { dataDir, port, log, settings = {} } = options;
  const cluster = await openCluster(dataDir, settings.fsync !== 'off' && settings.fsync !== false);
  const stopping = new AbortController();
  let owner: Owner | undefined = await own(cluster, port, settings, stopping.signal);
  let { server } = owner;
  log.info(
    `PostgreSQL ${cluster.binaries.version} runs on ${cluster.folder}, port ${server.port}, process ${server.pid}`,
  );
  removeUnfinished(cluster);

  let watching = watch(owner);

  /** Waits for the end of the owner's connection, which is the end of the server, and sees to it that it comes back. */
  async function watch({ client }: Owner): Promise<void> {
    await new Promise((ended) => client.once('end', ended));
    owner = undefined;
    if (stopping.signal.aborted) return;
    log.warn('The connection to the embedded PostgreSQL broke: making sure that it runs');
    for (let backoffMs = 100; !owner; backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)) {
      try {
        owner = await own(cluster, server.port, settings, stopping.signal);
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.warn(`${(error as Error).message} Trying again in ${backoffMs} ms`);
        await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      }
    }
    server = owner.server;
    log.info(`PostgreSQL runs again, process ${server.pid}`);
    watching = watch(owner);
  }

  return {
    url: urlOf(cluster, server.port, DATABASE),
    get pid() {
      return server.pid;
    },
    async stop() {
      stopping.abort();
      if (!owner) await watching; // On the way to a new server: it gives up at once, or has one.
      if (!owner) return;
      await stopServer(cluster); // It ends the owner's connection too.
      log.info('PostgreSQL has stopped');
    },
  };
}

/**
 * Does `work` with the database in `dataDir`, whether a process runs it now or none does.
 * @throws in one sentence that says what to do; also when there is no database
 */
export async function withEmbeddedPostgres<T>(
  options: EmbeddedPostgresOptions,
  work: (url: string) => Promise<T>,
): Promise<T> {
  if (!existsSync(join(options.dataDir, 'postgres')))
    throw new Error(`There is no database of Coupon Book in ${options.dataDir}: set DATA_DIR to its folder.`);
  let postgres: EmbeddedPostgres;
  try {
    postgres = await startEmbeddedPostgres(options);
  } catch (error) {
    // Another process runs it: that one keeps it.
    const { url } = error as { url?: string };
    if (url === undefined) throw error;
    return work(url);
  }
  try {
    return await work(postgres.url);
  } finally {
    await postgres.stop();
  }
}

/** A server that accepts connections and whose lock is ours. */
async function own(
  cluster: Cluster,
  port: number | undefined,
  settings: Settings,
  abort: AbortSignal,
): Promise<Owner> {
  for (const deadline = performance.now() + CLAIM_TIMEOUT_MS; ; await delay(10)) {
    const server = await ensureServer(cluster, port, settings, abort);
    try {
      return { client: await claim(cluster, server), server };
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error;
    }
  }
}

/** Connects and takes the owner's lock. */
async function claim(cluster: Cluster, server: Server): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: urlOf(cluster, server.port, 'postgres'),
    application_name: `${APPLICATION} ${process.pid}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // 'end' follows.
  try {
    await client.connect();
    const { rows } = await client.query<{ owned: boolean; created: boolean; holder: string | null }>(CLAIM);
    const { owned, created, holder } = rows[0]!;
    if (!owned) throw refusal(cluster, server, Number(holder?.slice(APPLICATION.length)));
    if (!created) await client.query(`CREATE DATABASE ${DATABASE}`);
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

function refusal(cluster: Cluster, server: Server, pid: number): Error {
  const owner = pid === process.pid ? 'This process' : `Process ${pid}`;
  return Object.assign(
    new Error(
      `${owner} already runs Coupon Book on the data in ${cluster.dataDir} (its database: port ${server.port}, ` +
        `process ${server.pid}): stop it first, or set DATA_DIR to another folder.`,
    ),
    // Killed just now, and the server is about to notice that its connection is gone.
    { passing: !pid || !isRunning(pid), url: urlOf(cluster, server.port, DATABASE) },
  );
}

/** The server is starting, recovering, stopping or gone, or its owner is: worth another try. */
function isPassing(error: unknown): boolean {
  const { passing, code, message } = error as { passing?: boolean; code?: string; message: string };
  if (passing !== undefined) return passing;
  return (
    /^(57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE)$/.test(code ?? '') ||
    message.includes('terminated unexpectedly')
  );
}

function urlOf(cluster: Cluster, port: number, database: string): string {
  return `postgres://postgres:${cluster.password}@127.0.0.1:${port}/${database}`;
}
