import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { warnOfAge } from './embedded-postgres/binaries.ts';
import { hasCluster, openCluster, readPassword, removeUnfinished } from './embedded-postgres/cluster.ts';
import type { Cluster } from './embedded-postgres/cluster.ts';
import { isRunning } from './embedded-postgres/processes.ts';
import { APP_PASSWORD, DATABASE, OLD_PASSWORD, ROLE, SUPERUSER } from './embedded-postgres/roles.ts';
import { ensureServer, stopServer, type Server, type Settings } from './embedded-postgres/server.ts';
import { isOld, upgrade } from './embedded-postgres/upgrade.ts';

export type EmbeddedPostgresOptions = {
  /** Made when absent. Holds `postgres/` and the server's log; nothing else should be in it. */
  dataDir: string;
  /** Unset: the one of last time, at first a free one. */
  port?: number;
  log: { info(message: string): void; warn(message: string): void };
  /** The folder of an installed PostgreSQL's programs; unset: the PostgreSQL from npm. */
  bin?: string;
  /** More settings of PostgreSQL. Its defaults are durable: nothing acknowledged is lost. */
  settings?: Settings;
};

export type EmbeddedPostgres = {
  /** For `pg`, as the role that owns the database and is no superuser, with its password; stays the same when the server has to be started again. */
  url: string;
  /** Of the server now; another one after it died. */
  readonly pid: number;
  /** Fast shutdown: ends all connections, writes everything, resolves when done. */
  stop(): Promise<void>;
};

type Owner = { client: pg.Client; server: Server };

const APPLICATION = 'coupon-book process';
const CONNECT_TIMEOUT_MS = 10_000;
const CLAIM_TIMEOUT_MS = 60_000;
const MAX_BACKOFF_MS = 5_000;

/** The lock's number is nobody else's: it counts in the database `postgres` only, where the application has no locks. */
const CLAIM = `
  SELECT pg_try_advisory_lock(0, 1926) AS owned,
         (SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid)
           WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = 1926 AND objsubid = 2
             AND pg_stat_activity.pid <> pg_backend_pid()) AS holder`;

/**
 * Runs a PostgreSQL of our own in `dataDir`, on 127.0.0.1 alone, also as root (then under an account
 * of its own).
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
  const { dataDir, port, log, bin, settings = {} } = options;
  const durable = settings.fsync !== 'off' && settings.fsync !== false;
  const cluster = await openCluster({ dataDir, durable, bin });
  await upgrade(cluster, (server) => endAbandoned(cluster, server));
  const stopping = new AbortController();
  let owner: Owner | undefined = await own(cluster, port, settings, stopping.signal);
  let { server } = owner;
  log.info(
    `PostgreSQL ${cluster.binaries.version} runs on ${cluster.folder}, port ${server.port}, process ${server.pid}`,
  );
  const age = warnOfAge(cluster.binaries);
  if (age) log.warn(age);
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
  if (!hasCluster(options.dataDir))
    throw new Error(`There is no database of Coupon Book in ${options.dataDir}: set DATA_DIR to its folder.`);
  let postgres: EmbeddedPostgres;
  try {
    postgres = await startEmbeddedPostgres(options);
  } catch (error) {
    if (error instanceof InUseError && error.url) return work(error.url);
    throw error;
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

/** Of whom a connection is, and the file of its password. */
type SignIn = { user: string; file: string };
const APPLICATION_ROLE: SignIn = { user: ROLE, file: APP_PASSWORD };
/** Of data made before the application had a role of its own. */
const OLD_APPLICATION_ROLE: SignIn = { user: SUPERUSER, file: OLD_PASSWORD };

/** Connects and takes the owner's lock. */
async function claim(cluster: Cluster, server: Server, as = APPLICATION_ROLE): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: urlOf(cluster, server.port, 'postgres', as),
    application_name: `${APPLICATION} ${process.pid}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // 'end' follows.
  try {
    await client.connect();
    const { rows } = await client.query<{ owned: boolean; holder: string | null }>(CLAIM);
    const { owned, holder } = rows[0]!;
    if (!owned) throw new InUseError(cluster, server, Number(holder?.slice(APPLICATION.length)));
    return client;
  } catch (error) {
    await client.end().catch(() => undefined);
    throw error;
  }
}

/** Ends a server that a killed process left behind. @throws when a live process owns it */
async function endAbandoned(cluster: Cluster, server: Server): Promise<void> {
  try {
    await claim(cluster, server, isOld(cluster) ? OLD_APPLICATION_ROLE : APPLICATION_ROLE);
  } catch (error) {
    if (isPassing(error)) return; // It is looked at again.
    // The passwords had been changed already when a Coupon Book of before started it, which could not connect then.
    if ((error as { code?: string }).code !== '28P01') throw error;
  }
  await stopServer(cluster); // It ends our connection too, and nobody else can have it before.
}

class InUseError extends Error {
  /** Killed just now, and the server is about to notice that its connection is gone. */
  readonly passing: boolean;
  /** For who wants to use what the other process runs; not of data of before. */
  readonly url: string | undefined;

  constructor(cluster: Cluster, server: Server, pid: number) {
    const owner = pid === process.pid ? 'This process' : `Process ${pid}`;
    super(
      `${owner} already runs Coupon Book on the data in ${cluster.dataDir} (its database: port ${server.port}, ` +
        `process ${server.pid}): stop it first, or set DATA_DIR to another folder.`,
    );
    this.passing = !pid || !isRunning(pid);
    this.url = isOld(cluster) ? undefined : urlOf(cluster, server.port, DATABASE);
  }
}

/** The server is starting, recovering, stopping or gone, or its owner is, or another start changes old data: worth another try. */
function isPassing(error: unknown): boolean {
  const { passing, code, message } = error as { passing?: boolean; code?: string; message: string };
  if (passing !== undefined) return passing;
  return (
    /^(57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT)$/.test(code ?? '') ||
    message.includes('terminated unexpectedly')
  );
}

function urlOf(
  cluster: Cluster,
  port: number,
  database: string,
  { user, file }: SignIn = APPLICATION_ROLE,
): string {
  return `postgres://${user}:${readPassword(cluster, file)}@127.0.0.1:${port}/${database}`;
}
