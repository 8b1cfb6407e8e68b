import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeEnvironment } from '../../race/server-process.ts';
import type { HttpResult } from '../../src/lambda/http.ts';
import { serviceOf, services, type ServiceName } from '../../src/services.ts';
import { throughGateway } from './http-gateway.ts';

const CONTAINER = fileURLToPath(new URL('lambda-container.ts', import.meta.url));
const SOURCES = fileURLToPath(new URL('../../src/run', import.meta.url));
const HTTP_TIME_MS = 30_000;
/** The real schedule is once a minute. */
const SCHEDULE_MS = 500;

export interface FunctionOptions {
  /** Its file in src/run, or in `folder`. */
  name: 'lambda' | 'scheduled' | 'prepare';
  env: Record<string, string>;
  /** Of the bundles, to run those. */
  folder?: string;
  maxContainers?: number;
}

export interface LambdaFunction {
  /** In a container that is free, in a new one, or in the next that gets free. @throws what the function throws */
  invoke: (event: object, timeMs?: number) => Promise<unknown>;
  pids: () => number[];
  stop: () => void;
}

interface Container {
  process: ChildProcess;
  started: Promise<unknown>;
  isBusy: boolean;
}

/** A function as AWS Lambda runs it: in as many processes as there are calls at a time, each with one call at a time. */
export function createFunction({ name, env, folder, maxContainers = 2 }: FunctionOptions): LambdaFunction {
  const file = folder ? join(folder, `${name}.js`) : join(SOURCES, `${name}.ts`);
  const containers: Container[] = [];
  const waiting: ((container: Container) => void)[] = [];

  function start(): Container {
    const child = fork(CONTAINER, [file], { env: { ...nodeEnvironment(), LOG_LEVEL: 'warn', ...env } });
    const container = { process: child, started: nextMessage(child), isBusy: true };
    containers.push(container);
    return container;
  }

  function take(): Container | Promise<Container> {
    const free = containers.find(({ isBusy }) => !isBusy);
    if (free) return Object.assign(free, { isBusy: true });
    if (containers.length < maxContainers) return start();
    return new Promise((resolve) => waiting.push(resolve));
  }

  function release(container: Container): void {
    const next = waiting.shift();
    if (next) next(container);
    else container.isBusy = false;
  }

  return {
    async invoke(event, timeMs = HTTP_TIME_MS) {
      const container = await take();
      try {
        await container.started;
        const answered = nextMessage(container.process);
        container.process.send({ event, timeMs });
        const answer = (await answered) as { result?: unknown; error?: string };
        if (answer.error !== undefined) throw new Error(answer.error);
        return answer.result;
      } finally {
        release(container);
      }
    },
    pids: () => containers.map(({ process: { pid } }) => pid!),
    stop() {
      for (const { process: child } of containers) child.kill('SIGKILL');
    },
  };
}

/** @throws when the process ends instead: a function that does not start is no reason to wait */
async function nextMessage(child: ChildProcess): Promise<unknown> {
  const waiting = new AbortController();
  const { signal } = waiting;
  try {
    return await Promise.race([
      once(child, 'message', { signal }).then(([message]: unknown[]) => message),
      once(child, 'exit', { signal }).then(([code, killed]: unknown[]) => {
        throw new Error(`a container ended: ${String(code ?? killed)}`);
      }),
    ]);
  } finally {
    waiting.abort();
  }
}

export interface Platform {
  url: string;
  functions: Record<ServiceName | 'docs', LambdaFunction>;
  /** @throws what the scheduled function threw, if it did */
  stop: () => Promise<void>;
}

export interface PlatformOptions {
  env: Record<string, string>;
  folder?: string;
  port?: number;
}

/** The serverless form on this machine: API Gateway with the routes of services.ts, a function for each, and the schedule. */
export async function startPlatform({ env, folder, port = 0 }: PlatformOptions): Promise<Platform> {
  const create = (options: Omit<FunctionOptions, 'folder'>) => createFunction({ ...options, folder });
  const preparing = create({ name: 'prepare', env });
  await preparing.invoke({}, 120_000).finally(() => preparing.stop());

  const forHttp = (modules: readonly string[]) =>
    create({
      name: 'lambda',
      env: { ...env, DATABASE_POOL_SIZE: '1', JOB_CONCURRENCY: '0', MODULES: modules.join() },
    });
  const functions = {
    docs: forHttp(Object.values(services).flatMap(({ modules }) => modules)),
    ...(Object.fromEntries(
      Object.entries(services).map(([name, { modules }]) => [name, forHttp(modules)]),
    ) as Record<ServiceName, LambdaFunction>),
  };
  const background = create({
    name: 'scheduled',
    env: { ...env, DATABASE_POOL_SIZE: '5' },
    maxContainers: 1,
  });

  const server = createServer((request, response) => {
    const service = serviceOf(request.method!, request.url!.split('?', 1)[0]!) as ServiceName | undefined;
    throughGateway(
      request,
      response,
      (event) => functions[service ?? 'docs'].invoke(event) as Promise<HttpResult>,
    ).catch((error: Error) => {
      console.error(error);
      if (!response.headersSent) response.writeHead(502).end();
    });
  });
  // As long as the service itself: after Node's five seconds, on a busy machine, a request met a connection that was being closed.
  server.keepAliveTimeout = 72_000;
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  let working = Promise.resolve<unknown>(undefined);
  const failures: Error[] = [];
  let stopping = false;
  const schedule = setInterval(() => {
    working = working
      .then(() => background.invoke({}, 60_000))
      .catch((error: Error) => stopping || failures.push(error));
  }, SCHEDULE_MS);

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    functions,
    async stop() {
      stopping = true;
      clearInterval(schedule);
      server.closeAllConnections();
      server.close();
      for (const each of [...Object.values(functions), background]) each.stop();
      if (failures[0]) throw failures[0];
    },
  };
}
