import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import fp from 'fastify-plugin';
import type { Config } from '../config.ts';

/** Headers of every answer: what browsers may do with it, who may read it, which request it answers. Logs the request at its end. */
export default fp<{ config: Config }>(
  async (app, { config }) => {
    await app.register(helmet, {
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          baseUri: ["'none'"],
          frameAncestors: ["'none'"],
          formAction: ["'self'"],
          objectSrc: ["'none'"],
          imgSrc: ["'self'", 'data:'],
          // The API's documentation page writes styles into elements; scripts are files only.
          styleSrc: ["'self'", "'unsafe-inline'"],
        },
      },
      strictTransportSecurity: config.publicUrl?.startsWith('https:')
        ? { maxAge: 31_536_000, includeSubDomains: true }
        : false,
    });
    if (config.corsOrigins.length > 0) {
      await app.register(cors, {
        origin: config.corsOrigins,
        credentials: true,
        methods: ['GET', 'POST', 'PATCH', 'DELETE'],
        exposedHeaders: [
          'Location',
          'Idempotent-Replayed',
          'RateLimit',
          'RateLimit-Policy',
          'Retry-After',
          'X-Request-Id',
        ],
      });
    }

    app.addHook('onRequest', async (request, reply) => {
      reply.header('x-request-id', request.id);
      if (request.headers.authorization || request.url.startsWith('/api/'))
        reply.header('cache-control', 'no-store');
    });
    app.addHook('onSend', async (_request, reply) => {
      if (app.readiness.draining) reply.header('connection', 'close');
    });
    app.addHook('onResponse', async (request, reply) => {
      request.log.info(
        {
          method: request.method,
          route: request.routeOptions.url ?? null,
          status: reply.statusCode,
          ms: Math.round(reply.elapsedTime * 10) / 10,
          user: request.caller?.id,
        },
        'request',
      );
    });
  },
  { name: 'headers' },
);
