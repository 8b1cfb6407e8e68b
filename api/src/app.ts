import cookie from '@fastify/cookie';
import Fastify, { type FastifyInstance, LogController } from 'fastify';
import type { Config } from './config.ts';
import { loggerOptions } from './logging.ts';
import type { Module } from './modules/module.ts';
import authentication from './plugins/authentication.ts';
import database from './plugins/database.ts';
import deadlines from './plugins/deadlines.ts';
import docs from './plugins/docs.ts';
import health from './plugins/health.ts';
import goneClients from './plugins/gone-clients.ts';
import headers from './plugins/headers.ts';
import input, { buildSerializer, buildValidator } from './plugins/input.ts';
import loggedMetrics from './plugins/logged-metrics.ts';
import maintenance from './plugins/maintenance.ts';
import metrics from './plugins/metrics.ts';
import openapi from './plugins/openapi.ts';
import problemDetails, { answerBrokenRequest, answerFrameworkError } from './plugins/problem-details.ts';
import rateLimit from './plugins/rate-limit.ts';
import serviceMetrics from './plugins/service-metrics.ts';
import tracing from './plugins/tracing.ts';
import { uuidSequence } from './request-ids.ts';
import { ResponseWithBlock } from './response-with-block.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** What start-up and shutdown tell the rest: where the database is, and whether this process takes traffic. */
    readiness: {
      databaseUrl: string | undefined;
      prepared: boolean;
      draining: boolean;
      /** Answers that are ready are kept back for a moment: see serve.ts. */
      holding: boolean;
      /** When (by `performance.now()`) the database last answered anything; long ago after it failed to. */
      answeredAt: number;
      /** The SQLSTATE with which the database refused a change, until a probe shows that it takes them. */
      refusal: string | undefined;
    };
  }
}

const BODY_LIMIT = 1024 * 1024;

/** What every server of ours has, whatever it serves: its limits, its log, its headers, and problem details for all that goes wrong. */
export async function buildServer(config: Config): Promise<FastifyInstance> {
  const nextId = uuidSequence();
  const app = Fastify({
    logger: loggerOptions(config.logLevel),
    // One line a request, at its end: see plugins/headers.ts.
    logController: new LogController({ disableRequestLogging: true }),
    trustProxy: config.trustedProxies.length > 0 ? config.trustedProxies : false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 120_000,
    // Node's own answer to a request without Host is no problem+json: see plugins/input.ts.
    http: { requireHostHeader: false, ServerResponse: ResponseWithBlock },
    keepAliveTimeout: 72_000,
    // While stopping, requests on open connections are answered; a 503 to a client that did nothing wrong helps nobody.
    return503OnClosing: false,
    genReqId: ({ headers }) => {
      const given = headers['x-request-id'];
      return typeof given === 'string' && /^[\w.:-]{1,100}$/.test(given) ? given : nextId();
    },
    routerOptions: { maxParamLength: 300 },
    // Errors before a route is found, such as a malformed address.
    frameworkErrors: answerFrameworkError as never,
    clientErrorHandler: answerBrokenRequest,
    schemaController: { compilersFactory: { buildSerializer, buildValidator } },
  });

  app.decorate('readiness', {
    databaseUrl: config.databaseUrl,
    prepared: false,
    draining: false,
    holding: false,
    answeredAt: Number.NEGATIVE_INFINITY,
    refusal: undefined,
  });
  await app.register(tracing, { config });
  await app.register(problemDetails);
  await app.register(headers, { config });
  return app;
}

/**
 * Puts the plugins and the named modules together. Builds, never listens: the same app is a monolith, a service or a function.
 */
export async function buildApp({
  config,
  modules,
}: {
  config: Config;
  modules: readonly Module[];
}): Promise<FastifyInstance> {
  const app = await buildServer(config);
  await app.register(deadlines);
  await app.register(input);
  await app.register(cookie);
  await app.register(database, { config });
  await app.register(openapi);
  await app.register(docs);
  await app.register(metrics);
  await app.register(serviceMetrics);
  await app.register(rateLimit, { config });
  await app.register(authentication, { config });
  await app.register(goneClients);
  await app.register(health);
  await app.register(maintenance, { config });
  await app.register(loggedMetrics, { config });
  for (const module of modules) await app.register(module, { config });
  return app;
}
