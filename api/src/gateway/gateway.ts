import type { Readable } from 'node:stream';
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { Agent } from 'undici';
import { buildServer } from '../app.ts';
import { type Config, ConfigError } from '../config.ts';
import type { Module } from '../modules/module.ts';
import { packageFiles } from '../package-files.ts';
import { refuseBadHeaders } from '../plugins/input.ts';
import docs from '../plugins/docs.ts';
import { openapiOf } from '../plugins/openapi.ts';
import rateLimit from '../plugins/rate-limit.ts';
import { type ServiceName, services } from '../services.ts';
import { forwardTo, type Target } from './forward.ts';
import health from './health.ts';

/** A service that does not answer a connection is not there. */
const CONNECT_TIMEOUT_MS = 2_000;
/** Services bound their own waiting to 5 s; only reading a large file takes longer. */
const ANSWER_TIMEOUT_MS = 120_000;
/** A live stream says something every 15 seconds. */
const SILENCE_MS = 60_000;
/** Shorter than a stopping service waits on a silent connection: it is never the service that closes one on which we are about to ask. */
const IDLE_MS = 500;
const LOOK_EVERY_MS = 500;

/** Where the services are. @throws {ConfigError} naming what is absent */
export function targetsOf(config: Config): Target[] {
  const names = Object.keys(services) as ServiceName[];
  const absent = names.filter((name) => config.serviceUrls[name] === undefined);
  if (absent.length > 0)
    throw new ConfigError(
      `The gateway needs ${absent.map((name) => `${name.toUpperCase()}_URL`).join(', ')}`,
    );
  return names.map((name) => ({ name, url: config.serviceUrls[name]!, rules: services[name].rules }));
}

/** One address for all services: the web app, the documentation of all, and each request to the service that answers it. */
export async function buildGateway({
  config,
  targets,
  modules,
}: {
  config: Config;
  targets: readonly Target[];
  /** What it serves itself: the web app. */
  modules: readonly Module[];
}): Promise<FastifyInstance> {
  const app = await buildServer(config);
  const dispatcher = new Agent({
    connect: { timeout: CONNECT_TIMEOUT_MS },
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: SILENCE_MS,
    keepAliveTimeout: IDLE_MS,
    keepAliveMaxTimeout: IDLE_MS,
  });
  const streams = new Set<Readable>();
  // While load balancers turn away, streams go on like everything else; they end when no more connections are accepted.
  const looking = setInterval(() => {
    if (app.readiness.draining && !app.server.listening) for (const stream of streams) stream.destroy();
  }, LOOK_EVERY_MS).unref();
  app.addHook('onClose', async () => {
    clearInterval(looking);
    await dispatcher.destroy();
  });

  // Each service counts its own; the gateway has no metrics.
  app.decorate('countRefusal', () => undefined);
  refuseBadHeaders(app);
  await app.register(rateLimit, { config });
  await app.register(health, { targets, dispatcher });
  await app.register(openapiOf(JSON.parse(readFileSync(packageFiles.openapi, 'utf8')) as object));
  await app.register(docs);
  for (const target of targets) await forwardTo(app, target, dispatcher, streams);
  for (const module of modules) await app.register(module, { config });
  return app;
}
