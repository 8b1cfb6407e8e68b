import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import Fastify from 'fastify';
import type { Config } from '../config.ts';
import type { EmbeddedPostgres } from '../embedded-postgres.ts';
import { findFreePort } from '../free-port.ts';
import { loggerOptions } from '../logging.ts';
import { readConfigOrExit, startEmbeddedOrExit } from '../serve.ts';
import { services } from '../services.ts';
import { stopWithGrace } from '../stop-with-grace.ts';

/** A process that does not live longer is not replaced at once. */
const SHORT_LIFE_MS = 5_000;
const PAUSE_MS = 1_000;
/** Two groups, one after the other, each for as long as a process takes to stop at most; then the database. */
const STOP_WITHIN_MS = 75_000;

type Environment = Record<string, string>;

/**
 * Runs the product as services: starts each as a process, and again when it dies; ends all in order. The embedded database is this
 * process's. All take this process's environment; only the gateway listens on PORT, the others on free ports of 127.0.0.1.
 * @param fileOf the file of the program `gateway`, `service` or `worker`
 */
export async function launchServices(fileOf: (program: string) => string): Promise<void> {
  const config = readConfigOrExit((read) => read);
  const { log } = Fastify({ logger: loggerOptions(config.logLevel) });
  const names = Object.keys(services);
  const running = new Map<string, ChildProcess>();
  let starting: Promise<EmbeddedPostgres> | undefined;
  let complete = false;
  let stopping = false;

  stopWithGrace({ delay: STOP_WITHIN_MS, logger: log }, async ({ err }) => {
    if (err) log.fatal({ err }, 'stopping after an error that nobody handled');
    await stop();
  });

  const ports = await freePorts([...names, 'worker']);
  const urls = names.map((name) => [`${name.toUpperCase()}_URL`, `http://127.0.0.1:${ports[name]}`]);
  start('gateway', [fileOf('gateway')], Object.fromEntries(urls) as Environment);
  if (!config.databaseUrl) starting = startEmbeddedOrExit(log, config);
  const url = (await starting)?.url;
  if (stopping) return;
  const inner = (name: string) => innerEnvironment(config, ports[name]!, url);
  // The work that nobody waits for is the worker's.
  for (const name of names)
    start(name, [fileOf('service'), name], { ...inner(name), JOB_CONCURRENCY: '0', SWEEP_SECONDS: '0' });
  start('worker', [fileOf('worker')], inner('worker'));

  function start(name: string, program: string[], own: Environment): void {
    const child = spawn(process.execPath, [...process.execArgv, ...program], {
      env: environmentWith(own),
      // The terminal does not signal it: this process ends all, in order.
      detached: true,
      // By the channel it learns that this process is gone.
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const startedAt = performance.now();
    running.set(name, child);
    log.info({ service: name, child: child.pid, port: Number(own.PORT ?? config.port) }, 'started a service');
    child.on('error', (err) => log.error({ err, service: name }, 'a service cannot be started'));
    // The gateway says that it is ready when all services are.
    child.on('message', () => (complete ||= name === 'gateway'));
    child.on('exit', (code, signal) => {
      running.delete(name);
      if (stopping) return;
      // It has said why: a port in use, for one.
      if (!complete && code) return void stop().then(() => process.exit(code));
      log.error({ service: name, child: child.pid, code, signal }, 'a service died: it is started again');
      const pause = performance.now() - startedAt < SHORT_LIFE_MS ? PAUSE_MS : 0;
      setTimeout(() => !stopping && start(name, program, own), pause);
    });
  }

  /** The gateway first: then nobody asks the others any more. The database when nobody needs it. */
  async function stop(): Promise<void> {
    stopping = true;
    await end(['gateway']);
    await end([...running.keys()]);
    await (await starting)?.stop();
  }

  async function end(some: string[]): Promise<void> {
    const children = some.map((name) => running.get(name)).filter((child) => child !== undefined);
    await Promise.all(
      children.map(async (child) => {
        const exited = once(child, 'exit');
        child.kill('SIGTERM');
        await exited;
      }),
    );
  }
}

/** Of a process behind the gateway, which alone tells it who asked. What the environment leaves open is decided as for one process. */
function innerEnvironment(config: Config, port: number, databaseUrl: string | undefined): Environment {
  return {
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    HOST: '127.0.0.1',
    PORT: String(port),
    TRUSTED_PROXIES: '127.0.0.1',
    REGISTRATION: config.registration,
    // When it stops, the gateway has already.
    DRAIN_SECONDS: '0',
  };
}

/** This process's environment, in which a service's own settings replace what it says, also by NAME_FILE. */
function environmentWith(own: Environment): Environment {
  const replaced = new Set(['MODULES', ...Object.keys(own).map((name) => `${name}_FILE`)]);
  const inherited = Object.entries(process.env).filter(([name]) => !replaced.has(name));
  return { ...(Object.fromEntries(inherited) as Environment), ...own };
}

/** A port for each that nobody listens on, and that stays free while its process is started again. */
async function freePorts(names: string[]): Promise<Record<string, number>> {
  const ports = new Set<number>();
  while (ports.size < names.length) ports.add(await findFreePort());
  return Object.fromEntries([...ports].map((port, index) => [names[index]!, port]));
}
