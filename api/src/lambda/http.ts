import { Readable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import awsLambdaFastify from '@fastify/aws-lambda';
import type { FastifyInstance } from 'fastify';
import { problemAnswer } from '../answers/answer.ts';
import { Problem } from '../problems.ts';

/** A request as an HTTP API of API Gateway hands it over, in payload format 2.0: what we read of it. */
export interface HttpEvent {
  version: '2.0';
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  body?: string;
  isBase64Encoded: boolean;
  requestContext: {
    requestId: string;
    http: { method: string; sourceIp: string };
    /** What the gateway's authorizer vouches for. A client cannot write here. */
    authorizer?: { lambda?: Record<string, unknown> };
  };
}

export interface HttpResult {
  statusCode: number;
  headers: Record<string, string>;
  cookies?: string[];
  body: string;
  isBase64Encoded?: boolean;
}

export type HttpHandler = (event: HttpEvent) => Promise<HttpResult>;

/** What a function returns is JSON of at most 6 MB, in which quotes and line ends are escaped. */
const MAX_RESULT_BYTES = 6 * 2 ** 20;
/** Answers above this are refused, and smaller ones that are above it as JSON. */
const MAX_ANSWER_BYTES = 5 * 2 ** 20;
/** What a byte of text can become in JSON: `\u0000`. */
const MAX_GROWTH = 6;
const TEXT = /^(text\/|application\/([\w.-]+\+)?(json|xml|javascript)\b)/;

/** Answers requests of API Gateway by `app`. Call it before the app is ready. */
export function createHttpHandler(app: FastifyInstance): HttpHandler {
  app.addHook('onSend', (_request, _reply, payload, done) => {
    done(null, payload instanceof Readable ? Readable.from(untilTooLarge(payload)) : payload);
  });
  const answer = awsLambdaFastify(app, {
    decorateRequest: false,
    enforceBase64: ({ headers }) =>
      headers['content-encoding'] !== undefined || !TEXT.test((headers['content-type'] as string) ?? 'text/'),
  }) as unknown as (event: object, context: object) => Promise<HttpResult>;

  return async (event) => {
    // A container that was frozen learns only now which of its connections were closed meanwhile.
    await nextTurn();
    await nextTurn();
    const result = await answer(toRequest(event), {});
    return isTooLarge(result) ? tooLarge(event) : result;
  };
}

function isTooLarge(result: HttpResult): boolean {
  const bytes = Buffer.byteLength(result.body);
  if (bytes > MAX_ANSWER_BYTES) return true;
  return (
    bytes * MAX_GROWTH > MAX_ANSWER_BYTES && Buffer.byteLength(JSON.stringify(result)) > MAX_RESULT_BYTES
  );
}

/** The answer is collected before it is returned: no more of it than shows that it is too large. */
async function* untilTooLarge(source: Readable): AsyncGenerator<Buffer | string> {
  let bytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer | string>) {
    yield chunk;
    bytes += Buffer.byteLength(chunk);
    if (bytes > MAX_ANSWER_BYTES) return;
  }
}

/** As the library reads it: with the query as the client wrote it, since a comma in a parameter is a comma. */
function toRequest(event: HttpEvent): object {
  const { rawPath, rawQueryString, requestContext } = event;
  // API Gateway has decoded the path.
  const path = /^[\x21-\x7e]*$/.test(rawPath) ? rawPath : encodeURI(rawPath.toWellFormed());
  const { http, requestId } = requestContext;
  return {
    ...event,
    rawPath: rawQueryString ? `${path}?${rawQueryString}` : path,
    queryStringParameters: undefined,
    requestContext: { requestId, http: { ...http, sourceIp: addressOf(event) } },
  };
}

/** The client's address: what CloudFront says, if the gateway made sure that the request came through it. */
function addressOf({ headers, requestContext: { authorizer, http } }: HttpEvent): string {
  return (authorizer?.lambda?.via === 'cloudfront' && headers['true-client-ip']) || http.sourceIp;
}

function tooLarge({ rawPath, requestContext: { requestId } }: HttpEvent): HttpResult {
  const max = MAX_ANSWER_BYTES / 2 ** 20;
  const problem = new Problem('not-available-here', { reason: 'answer-too-large', values: { max } });
  return {
    statusCode: problem.status,
    headers: {
      'content-type': 'application/problem+json; charset=utf-8',
      'cache-control': 'no-store',
      'x-request-id': requestId,
    },
    body: problemAnswer(problem, { instance: rawPath, requestId }).body,
  };
}
