import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import proxy, { type FastifyHttpProxyOptions } from '@fastify/http-proxy';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Dispatcher } from 'undici';
import { answerFrameworkError } from '../plugins/problem-details.ts';
import { ResponseWithBlock } from '../response-with-block.ts';
import { allowSlowBody } from '../slow-bodies.ts';
import { Problem } from '../problems.ts';
import type { Rule } from '../services.ts';

const RETRY_SECONDS = 2;

/** A service, and where it is. */
export interface Target {
  name: string;
  url: string;
  rules: readonly Rule[];
}

/** Headers of one connection alone (RFC 9110, 7.6.1), and those that say who asked: the next hop gets its own. */
const OF_THIS_HOP = new Set([
  ...[
    'connection',
    'keep-alive',
    'proxy-connection',
    'transfer-encoding',
    'te',
    'trailer',
    'upgrade',
    'expect',
  ],
  ...[
    'http2-settings',
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-host',
    'x-forwarded-proto',
    'x-forwarded-port',
  ],
]);

/** This process among those that a request went through (RFC 9110, 7.6.3). Nobody outside knows it. */
const OURSELVES = `1.1 gateway-${randomUUID()}`;

const withoutThisHop = (headers: IncomingHttpHeaders): IncomingHttpHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !OF_THIS_HOP.has(name)));

/**
 * Forwards what the rules of a service name: bodies and answers as streams, byte for byte. The service decides about everything; who
 * asked, it learns from X-Forwarded-*, of which nothing comes from the client.
 * @param streams holds the event streams while they are open
 */
export async function forwardTo(
  app: FastifyInstance,
  { name, url, rules }: Target,
  dispatcher: Dispatcher,
  streams: Set<Readable>,
): Promise<void> {
  const options: FastifyHttpProxyOptions = {
    upstream: url,
    undici: dispatcher,
    disableRequestLogging: true,
    proxyPayloads: false,
    // By default a GET that is answered 503 is sent again ten times. Whoever asked is told when to come back.
    retryMethods: [],
    internalRewriteLocationHeader: false,
    replyOptions: {
      rewriteRequestHeaders: (request, headers) => requestHeaders(request as FastifyRequest, headers),
      rewriteHeaders: withoutThisHop,
      onError: (reply, { error }) => void reply.send(brokenOff(name, error)),
      onResponse: (_request, reply, response) => answer(reply as FastifyReply, response.stream, streams),
    },
    handler(request, reply, destination, replyOptions) {
      const { body, headers } = request;
      if (headers.via?.includes(OURSELVES)) {
        request.log.error(`${name.toUpperCase()}_URL leads back to this gateway`);
        throw away(name, 'service-away');
      }
      // How long a body may take is for the service to say. One that makes no progress is ended here too.
      if (body instanceof Readable) void allowSlowBody(request, () => closed(body));
      return reply.from(destination, replyOptions);
    },
  };
  await app.register(async (scope) => {
    scope.setErrorHandler((error: FastifyError, request, reply) =>
      answerFrameworkError(isOfService(error) ? (brokenOff(name, error) as never) : error, request, reply),
    );
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', (_request, payload, done) => done(null, relay(payload)));
    for (const method of ['POST', undefined] as const) {
      const routes = rules.filter((rule) => rule.method === method).map(({ path }) => path);
      if (routes.length > 0)
        await scope.register(proxy, { ...options, routes, httpMethods: method && [method] });
    }
  });
}

/** Stands between a client and a service that answers before it has taken the whole body: the client's connection outlives that. */
function relay(payload: Readable): Readable {
  const body = new PassThrough();
  payload.pipe(body);
  payload.once('close', () => {
    if (!(payload as IncomingMessage).complete) body.destroy();
  });
  body.once('close', () => {
    payload.unpipe(body);
    payload.resume();
  });
  body.on('error', () => undefined); // 'close' follows.
  return body;
}

const closed = (body: Readable) => new Promise<void>((resolve) => void body.once('close', resolve));

/** @param headers those of the client, without what its Connection header names */
function requestHeaders(request: FastifyRequest, headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const kept = withoutThisHop(headers);
  // A body that is not passed on must not be announced either: the next request on the connection would be taken for it.
  if (!(request.body instanceof Readable)) delete kept['content-length'];
  return {
    ...kept,
    via: [kept.via, OURSELVES].filter(Boolean).join(', '),
    ...(request.headers.host !== undefined && { host: request.host, 'x-forwarded-host': request.host }),
    'x-forwarded-for': request.ip,
    'x-forwarded-proto': request.protocol,
    'x-request-id': request.id,
  };
}

function answer(reply: FastifyReply, stream: Readable, streams: Set<Readable>): void {
  // The service has sent the same.
  if (reply.raw instanceof ResponseWithBlock) reply.raw.block = '';
  // What is left of a body that the service did not want is read and dropped, so that its sender gets to see the answer.
  if (reply.hasHeader('connection')) reply.removeHeader('connection');
  if (String(reply.getHeader('content-type')).startsWith('text/event-stream')) {
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
  }
  void reply.send(stream);
}

/** Nothing was sent: the service does not run, or its machine does not. */
const NOT_REACHED = /^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)$/;

const codeOf = (error: Error) => (error as { code?: string }).code ?? '';
const isOfService = (error: Error) => codeOf(error).startsWith('UND_ERR_');

function brokenOff(name: string, error: Error): Problem {
  const notReached = NOT_REACHED.test(codeOf((error.cause as Error | undefined) ?? error));
  return away(name, notReached ? 'service-away' : 'service-broke-off');
}

const away = (service: string, reason: 'service-away' | 'service-broke-off') =>
  new Problem('unavailable', { reason, values: { service } }, { retryAfter: RETRY_SECONDS });
