import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import fp from 'fastify-plugin';
import helmet from 'helmet';
import type { Config } from '../config.ts';
import { headerBlock, ResponseWithBlock } from '../response-with-block.ts';

/** Headers of every answer: what browsers may do with it, who may read it, which request it answers. Logs the request at its end. */
export default fp<{ config: Config }>(
  async (app, { config }) => {
    const fixed = securityHeaders(config);
    const block = headerBlock(fixed);
    if (config.corsOrigins.length > 0) {
      await app.register(cors, {
        origin: config.corsOrigins,
        credentials: true,
        methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
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

    app.addHook('onRequest', (request, reply, done) => {
      if (reply.raw instanceof ResponseWithBlock) reply.raw.block = block;
      else reply.headers(fixed); // No socket, as of a function or in tests.
      reply.header('x-request-id', request.id);
      if (request.headers.authorization || request.url.startsWith('/api/'))
        reply.header('cache-control', 'no-store');
      done();
    });
    app.addHook('onSend', (_request, reply, _payload, done) => {
      if (app.readiness.draining) reply.header('connection', 'close');
      done();
    });
    app.addHook('onResponse', (request, reply, done) => {
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
      done();
    });
  },
  { name: 'headers' },
);

/** The headers that helmet sets. They are the same for every answer, so it is asked once. */
function securityHeaders(config: Config): Record<string, string> {
  const set = helmet({
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
  const headers: Record<string, string> = {};
  const recorder = {
    setHeader: (name: string, value: string) => void (headers[name.toLowerCase()] = value),
    removeHeader: () => undefined,
  };
  set({} as IncomingMessage, recorder as never, (error) => {
    if (error) throw error as Error;
  });
  return headers;
}
