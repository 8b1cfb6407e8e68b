import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import findMyWay from 'find-my-way';
import { errorCode, isOutage, isTakenKey, isTimeout } from '../database/errors.ts';
import { cut, MAX_POINTER_LENGTH } from '../bounds.ts';
import { maskText } from '../logging.ts';
import { type ProblemCode, problems } from '../problem-codes.ts';
import { escapePointer, fieldProblem, type Place, Problem } from '../problems.ts';
import type { PlainReason, Why } from '../reasons.ts';
import { answerContext, problemAnswer, sendAnswer } from '../answers/answer.ts';
import { clientGone, isGone } from './gone-clients.ts';
import { mayBeSlow } from '../slow-bodies.ts';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
const RETRY_SECONDS = 2;

/** Every error, of whatever origin, leaves as problem+json from the one table; and the table has its pages. */
export default fp(
  async (app) => {
    const routes = findMyWay({ ignoreTrailingSlash: false });
    app.addHook('onRoute', ({ method, url }) => {
      for (const one of [method].flat()) {
        // A wildcard takes what is left over: it does not say that there is something at an address.
        if (!url.endsWith('*') && !routes.hasRoute(one as 'GET', url)) routes.on(one as 'GET', url, () => {});
      }
    });

    // Its address is unknown by then, which is nothing to count a request by.
    app.addHook('onRequest', (request, _reply, done) => {
      done(isGone(request) ? clientGone() : undefined);
    });

    app.setErrorHandler(answerFrameworkError);

    app.setNotFoundHandler((request, reply) => {
      const allowed = METHODS.filter((method) => routes.find(method, request.url.split('?', 1)[0]!));
      if (allowed.length > 0) reply.header('allow', allowed.join(', '));
      const problem =
        allowed.length > 0 && !allowed.includes(request.method as 'GET')
          ? new Problem('method-not-allowed', {
              reason: 'use-method',
              values: { allowed: allowed.join(', ') },
            })
          : new Problem('not-found', 'no-such-address');
      return sendAnswer(reply, problemAnswer(problem, answerContext(request)));
    });

    registerPages(app);
  },
  { name: 'problem-details' },
);

/** Answers an error of a route, or of Fastify itself before there is a route. */
export function answerFrameworkError(
  error: FastifyError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  // The very error of the request's own stream: its client went away, which is no outage though both say ECONNRESET.
  const problem = request.raw.errored === error ? clientGone() : toProblem(error);
  if (problem.code === 'internal-error') {
    request.log.error({ err: error, problem: problem.code }, problem.message);
  } else if (problem.status >= 500) {
    // Without its stack: an outage is one story, told by thousands of requests.
    request.log.warn({ problem: problem.code, cause: maskText(error.message) }, problem.message);
  } else if (isGone(request)) {
    // Its response is closed, so that no line of the request follows.
    request.log.info({ method: request.method, route: request.routeOptions.url }, 'the client went away');
  }
  // Fastify closes the connection of a body that it refuses. Whoever still sends it, the gateway too, would see a reset instead of the
  // answer. Kept open, Node reads and drops the rest.
  reply.removeHeader('connection');
  return sendAnswer(reply, problemAnswer(problem, answerContext(request)));
}

const TIMED_OUT = 'ERR_HTTP_REQUEST_TIMEOUT';
const BROKEN: Readonly<Record<string, PlainReason>> = {
  HPE_HEADER_OVERFLOW: 'headers-too-large',
  [TIMED_OUT]: 'too-slow',
};

/** Answers what is not HTTP, or takes too long to become a request: there is no request to speak of yet. */
export function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  if (error.code === TIMED_OUT && mayBeSlow(socket)) return;
  const reason = BROKEN[error.code ?? ''] ?? 'not-http';
  const { status, body } = problemAnswer(new Problem('invalid-request', reason), {
    instance: '',
    requestId: randomUUID(),
  });
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

/** What an error means for the one who asked. Never a 500 for what a client or an outage can cause. */
function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const { validation, validationContext, statusCode } = error as Partial<FastifyError>;
  // There is one: the check ends at the first.
  if (validation) return fieldProblem(placeOf(validation[0]!, validationContext), whyNot(validation[0]!));
  if (isOutage(error)) {
    return new Problem('unavailable', 'database-away', {
      retryAfter: RETRY_SECONDS,
    });
  }
  if (isTimeout(error)) {
    return new Problem('unavailable', 'database-slow', { retryAfter: RETRY_SECONDS });
  }
  const state = errorCode(error);
  if (state === '40001' || state === '40P01' || isTakenKey(error, 'idempotency_keys_pkey')) {
    return new Problem('unavailable', 'too-many-changes', { retryAfter: 1 });
  }
  if (state === '23505') return new Problem('conflict', 'taken');
  // A foreign key: somebody deleted one end of it meanwhile, or it is needed by the other.
  if (state === '23503') {
    return new Problem('conflict', 'deleted-or-needed');
  }
  if (state && /^22...$/.test(state)) return new Problem('invalid-request', 'cannot-be-stored');
  if (statusCode && statusCode >= 400 && statusCode < 500) return clientProblem(statusCode, error as Error);
  return new Problem('internal-error');
}

function clientProblem(status: number, error: Error): Problem {
  const byStatus: Partial<Record<number, ProblemCode>> = {
    401: 'unauthenticated',
    403: 'forbidden',
    404: 'not-found',
    405: 'method-not-allowed',
    413: 'payload-too-large',
    415: 'unsupported-media-type',
    429: 'rate-limited',
  };
  const known = byStatus[status];
  if (known) return new Problem(known);
  return new Problem('invalid-request', { reason: 'unreadable', values: { cause: error.message } });
}

type ValidationIssue = NonNullable<FastifyError['validation']>[number];

function placeOf({ params, instancePath }: ValidationIssue, context: string | undefined): Place {
  const field = (params.missingProperty ?? params.additionalProperty) as string | undefined;
  const places: Record<string, Place['in']> = { querystring: 'query', params: 'path', headers: 'headers' };
  return {
    in: places[context ?? ''] ?? 'body',
    pointer:
      field === undefined ? instancePath : `${instancePath}/${escapePointer(cut(field, MAX_POINTER_LENGTH))}`,
  };
}

/** What the validator (ajv) says, as a reason. */
function whyNot({ keyword, params }: ValidationIssue): Why {
  const { limit, type, format, allowedValues } = params as {
    limit: number;
    type: string;
    format: string;
    allowedValues: unknown[];
  };
  const [min, max] = [{ min: limit }, { max: limit }];
  switch (keyword) {
    case 'required':
      return { reason: 'required' };
    case 'pattern': // Of text that people write there is one pattern: not only blanks.
    case 'minLength':
      return limit > 1 ? { reason: 'too-short', values: min } : { reason: 'required' };
    case 'maxLength':
      return { reason: 'too-long', values: max };
    case 'minimum':
      return { reason: 'too-small', values: min };
    case 'maximum':
      return { reason: 'too-large', values: max };
    case 'minItems':
    case 'minProperties':
      return { reason: 'too-few', values: min };
    case 'maxItems':
      return { reason: 'too-many', values: max };
    case 'x-max-json-bytes':
      return { reason: 'too-many-bytes', values: max };
    case 'additionalProperties':
      return { reason: 'unknown-field' };
    case 'type':
      return type === 'integer' ? { reason: 'not-an-integer' } : { reason: 'wrong-type', values: { type } };
    case 'enum':
      return { reason: 'not-one-of', values: { allowed: allowedValues.join(', ') } };
    case 'format':
      return format === 'date-time' ? { reason: 'not-a-time' } : { reason: 'format', values: { format } };
    default:
      return { reason: 'does-not-fit' };
  }
}

/** One page per problem, for the person who follows `type`. */
function registerPages(app: FastifyInstance): void {
  app.get<{ Params: { code: string } }>(
    '/problems/:code',
    { schema: { hide: true }, config: { access: 'public' } },
    async (request: FastifyRequest<{ Params: { code: string } }>, reply) => {
      const { code } = request.params;
      if (!Object.hasOwn(problems, code)) throw new Problem('not-found', 'no-such-problem');
      const { status, title, about, remedy } = problems[code as ProblemCode];
      return reply
        .type('text/html; charset=utf-8')
        .send(
          `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
            `<title>${title}</title><h1>${title}</h1><p><code>${code}</code>, status ${status}</p>` +
            `<p>${markCode(about)}</p><p>${markCode(remedy)}</p></html>`,
        );
    },
  );
}

const markCode = (text: string) =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replace(/`([^`]+)`/g, '<code>$1</code>');
