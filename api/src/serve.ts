import cluster from 'node:cluster';
import type { AddressInfo, Socket } from 'node:net';
import { setImmediate as nextTurn, setTimeout as wait } from 'node:timers/promises';
import type { FastifyBaseLogger, FastifyInstance } from 'fastify';
import { stopAccepting } from './accept-queue.ts';
import { buildApp } from './app.ts';
import { type Config, ConfigError, readConfig } from './config.ts';
import { isOutage } from './database/errors.ts';
import { isMissingRight } from './database/rights.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres.ts';
import { maskText } from './logging.ts';
import type { Module } from './modules/module.ts';
import { prepareDatabase } from './prepare.ts';
import { stopWithGrace } from './stop-with-grace.ts';
import { runWorkers } from './workers/primary.ts';
import { meetSiblings, tellReady } from './workers/worker.ts';

const FIRST_RETRY_MS = 200;
const LAST_RETRY_MS = 3_000;
/** After draining: for requests under way, then for the database. Orchestrators kill what takes 30 s. */
const FINISH_WITHIN_MS = 15_000;
const STOP_WITHIN_MS = 26_000;
/** Whoever opens a connection wants to ask something: longest that a client on a starved machine takes to say it. */
const FIRST_REQUEST_MS = 5_000;
/** A connection that was answered, and has been silent this long since, is only kept for later. */
const SILENCE_MS = 1_000;
const TERMINAL_SIGNALS = ['SIGHUP', 'SIGINT', 'SIGQUIT'] as const;

/** As `serve`; with WORKERS above 1, by as many processes. */
export async function serveByWorkers(chooseModules: (config: Config) => readonly Module[]): Promise<void> {
  const { config } = readConfigOrExit((config) => ({ config, modules: chooseModules(config) }));
  if (config.workers > 1) {
    stopWithParent();
    await runWorkers(config, config.drainSeconds * 1000 + STOP_WITHIN_MS, (log) =>
      startEmbeddedOrExit(log, config),
    );
  } else await serve(chooseModules);
}

/**
 * Runs an app as a long-lived server: listens first, then gets the database ready (for as long as that takes), and on SIGTERM or
 * SIGINT finishes what is under way before it exits with 0.
 * @returns the app once it is ready, or once it was told to stop before that: see `app.readiness`
 */
export async function serve(
  chooseModules: (config: Config) => readonly Module[],
  env: Record<string, string | undefined> = process.env,
): Promise<FastifyInstance> {
  const { config, modules } = readConfigOrExit(
    (read) => ({ config: read, modules: chooseModules(read) }),
    env,
  );
  const app = await buildApp({ config, modules });
  let embedded: EmbeddedPostgres | undefined;
  const welcome = (admin: FirstAdmin | null) =>
    printWelcome(app.hasPlugin('web') ? addressOf(app, config) : null, admin);
  await run(app, config, {
    prepare: (signal) =>
      prepare(app, config, { signal, welcome, onEmbedded: (postgres) => (embedded = postgres) }),
    finish: async () => embedded?.stop(),
  });
  return app;
}

interface Work {
  /** What is to be done before the process takes traffic, however often it has to be tried. */
  prepare: (signal: AbortSignal) => Promise<void>;
  /** After the last request. */
  finish?: () => Promise<void>;
}

/**
 * Listens, prepares, and on SIGTERM or SIGINT finishes what is under way before the process exits with 0.
 * Resolves once it is prepared, or was told to stop before that.
 */
export async function run(app: FastifyInstance, config: Config, { prepare, finish }: Work): Promise<void> {
  const traffic = watchTraffic(app);
  const stopping = new AbortController();
  let preparing: Promise<void> = Promise.resolve();

  // A terminal signals all processes at once; workers are told by their primary.
  const skip = cluster.isWorker ? [...TERMINAL_SIGNALS] : [];
  for (const signal of skip) process.on(signal, () => undefined);
  const delay = config.drainSeconds * 1000 + STOP_WITHIN_MS;
  stopWithGrace({ delay, skip, logger: app.log }, async ({ err }) => {
    if (err) app.log.fatal({ err }, 'stopping after an error that nobody handled');
    stopping.abort();
    await drain(app, config.drainSeconds * 1000, traffic);
    await app.close();
    await preparing;
    await finish?.();
  });
  stopWithParent();

  const listen = () => listenOrExit(app, config);
  const joining = cluster.isWorker && cluster.worker!.id > 1;
  if (!joining) await listen();
  preparing = prepare(stopping.signal);
  await preparing;
  // While others serve, one that is not ready would only refuse what they could answer.
  if (joining && !stopping.signal.aborted) await listen();
  if (!stopping.signal.aborted) tellReady();
}

/** Who started this process with a channel to it, and ends without a word, wants it no longer. */
function stopWithParent(): void {
  if (cluster.isWorker) return;
  const stop = () => process.kill(process.pid, 'SIGTERM');
  // It may have ended before we got here.
  if (process.connected === false) stop();
  else process.once('disconnect', stop);
}

/** What `use` makes of the configuration. One that cannot be used is said in plain words, and ends the process. */
export function readConfigOrExit<T>(
  use: (config: Config) => T,
  env: Record<string, string | undefined> = process.env,
): T {
  try {
    return use(readConfig(env));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

const LISTEN_FAILURES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'it is in use: stop what listens there, or set PORT to another',
  EACCES: 'this user may not use that port: set PORT to one above 1023',
  EADDRNOTAVAIL: 'this machine has no such address: set HOST to one of its own',
  ENOTFOUND: 'this machine has no such address: set HOST to one of its own',
};

async function listenOrExit(app: FastifyInstance, { host, port }: Config): Promise<void> {
  try {
    await app.listen({ host, port, listenTextResolver: (address) => `listening on ${address}` });
  } catch (error) {
    const reason = LISTEN_FAILURES[(error as { code?: string }).code ?? ''];
    if (!reason) throw error;
    console.error(`Cannot listen on port ${port} of ${host}: ${reason}.`);
    process.exit(1);
  }
}

/** Tries until it succeeds: the database may come up later than we do. */
async function prepare(
  app: FastifyInstance,
  config: Config,
  {
    signal,
    welcome,
    onEmbedded,
  }: {
    signal: AbortSignal;
    welcome: (admin: FirstAdmin | null) => void;
    onEmbedded: (postgres: EmbeddedPostgres) => void;
  },
): Promise<void> {
  for (let delay = FIRST_RETRY_MS; !signal.aborted; delay = Math.min(delay * 2, LAST_RETRY_MS)) {
    try {
      if (!app.readiness.databaseUrl) {
        const postgres = await startEmbeddedOrExit(app.log, config);
        onEmbedded(postgres);
        app.readiness.databaseUrl = postgres.url;
      }
      const admin = await prepareDatabase(app, config, (work) => orAbort(work, signal));
      app.readiness.prepared = true;
      app.log.info('ready');
      // One that joins others need not say it again, unless it was the one to make the administrator.
      if (app.server.listening || admin) welcome(admin);
      return;
    } catch (error) {
      if (signal.aborted) return;
      app.log.warn({ err: error }, `the database is not ready, next attempt in ${delay} ms`);
      // The migrations' errors have no code.
      if (!isOutage(error) || isMissingRight(error)) await app.sayMissingRights();
      await wait(delay, undefined, { signal }).catch(() => {});
    }
  }
}

/** A database that hangs, or another process that migrates, is not waited for by one that is told to stop. */
async function orAbort<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
  return Promise.race([work(), aborted]);
}

/** Unlike a database that is away, a folder that cannot be used does not mend itself. */
export async function startEmbeddedOrExit(log: FastifyBaseLogger, config: Config): Promise<EmbeddedPostgres> {
  try {
    return await startEmbeddedPostgres({
      dataDir: config.dataDir,
      bin: config.embeddedPostgresBin,
      log: { info: (message) => log.info(message), warn: (message) => log.warn(message) },
    });
  } catch (error) {
    console.error(maskText((error as Error).message));
    process.exit(1);
  }
}

/** Where people reach a server. */
export function addressOf(app: FastifyInstance, config: Config): string {
  const address = app.server.address() as AddressInfo | null;
  return config.publicUrl ?? `http://localhost:${address?.port ?? config.port}`;
}

type FirstAdmin = { email: string; password?: string };

/**
 * For the person at the terminal, not for the log: an initial password must not end up in a log store.
 * @param url where the web app is; null for a process that does not have it
 */
export function printWelcome(url: string | null, admin: FirstAdmin | null): void {
  if (url === null && !admin) return;
  const lines = url === null ? [''] : ['', `  Coupon Book is ready: ${url}   API documentation: ${url}/docs`];
  if (admin?.password) {
    lines.push(`  First administrator: ${admin.email}   initial password: ${admin.password}`);
    lines.push(`  It is shown only now, and valid until you change it: sign in and open your account page.`);
  } else if (admin) {
    lines.push(`  First administrator: ${admin.email}, with the password from ADMIN_PASSWORD.`);
  }
  process.stdout.write(`${lines.join('\n')}\n\n`);
}

interface Traffic {
  /** Requests whose answer is not complete. */
  underWay: () => number;
  /** Open connections, whatever is on them. */
  connections: () => number;
  /** Ends the connections on which no request is to be expected any more. */
  endSilent: () => void;
  /** Keeps back the answers that are ready until `work` is done. */
  holdAnswers: <T>(work: () => Promise<T>) => Promise<T>;
}

function watchTraffic(app: FastifyInstance): Traffic {
  let underWay = 0;
  let held: Promise<unknown> | undefined;
  /** Until when each connection is given to begin a request, and how much it had brought when that was said. */
  const patience = new Map<Socket, { until: number; read: number }>();
  const giveTime = (socket: Socket, ms: number) =>
    patience.set(socket, { until: performance.now() + ms, read: socket.bytesRead });
  app.server.on('connection', (socket) => {
    giveTime(socket, FIRST_REQUEST_MS);
    socket.once('close', () => patience.delete(socket));
  });
  app.server.on('request', ({ socket }, response) => {
    underWay += 1;
    giveTime(socket, Number.POSITIVE_INFINITY);
    response.once('close', () => {
      underWay -= 1;
      if (!socket.destroyed) giveTime(socket, SILENCE_MS);
    });
  });
  app.addHook('onSend', (_request, _reply, _payload, done) => {
    if (held) void held.then(() => done());
    else done();
  });
  return {
    underWay: () => underWay,
    connections: () => patience.size,
    endSilent() {
      for (const [socket, { until, read }] of patience)
        if (until < performance.now() && socket.bytesRead === read) socket.destroy();
    },
    async holdAnswers(work) {
      const working = work();
      app.readiness.holding = true;
      held = working.catch(() => undefined);
      try {
        return await working;
      } finally {
        held = undefined;
        app.readiness.holding = false;
      }
    },
  };
}

/**
 * Lets go of the clients without losing a request: readiness says no, every answer closes its connection, and new connections are
 * accepted until load balancers have had time to turn away; then what is under way is finished.
 */
async function drain(app: FastifyInstance, ms: number, traffic: Traffic): Promise<void> {
  app.readiness.draining = true;
  await wait(ms);
  // While answers are held, nobody who waits for one has a reason to open another connection.
  const lostNone = await traffic.holdAnswers(() => leave(app));
  if (!lostNone) app.log.warn('connections may have been lost that were opened at the last moment');
  const stoppedAt = performance.now();
  while (traffic.connections() > 0) {
    if (performance.now() - stoppedAt > FINISH_WITHIN_MS) {
      app.log.warn({ requests: traffic.underWay() }, 'stopping although requests are still under way');
      break;
    }
    // In this turn everything has been read that had arrived: this process may have had to wait for its turn longer than a client.
    await nextTurn();
    traffic.endSilent();
    await wait(20);
  }
  app.server.closeAllConnections();
}

async function leave(app: FastifyInstance): Promise<boolean> {
  await meetSiblings('holding');
  const lostNone = await stopAccepting(app.server, { ownsQueue: !cluster.isWorker });
  await meetSiblings('closed');
  return lostNone;
}
