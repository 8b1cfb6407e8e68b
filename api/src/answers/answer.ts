import type { FastifyReply, FastifyRequest } from 'fastify';
import { boundedJson } from '../bounds.ts';
import { type Problem, problemBody } from '../problems.ts';

/**
 * A complete answer as bytes. Writes make theirs inside the transaction, so that the first answer and every idempotent
 * repeat of it are the same to the byte.
 */
export interface Answer {
  status: number;
  body: string;
  location?: string | null;
  replayed?: boolean;
  /** Kept under its Idempotency-Key, but open: for so long, and until a repeat gets it, its caller may replace it by a better one. */
  openSeconds?: number;
  retryAfter?: number;
}

/** Where an answer goes: what a problem needs to say about its request. */
export interface AnswerContext {
  instance: string;
  requestId: string;
}

export function answerContext(request: FastifyRequest): AnswerContext {
  return { instance: request.url.split('?', 1)[0]!, requestId: request.id };
}

/** A success with a JSON body. */
export function jsonAnswer(status: number, body: unknown, location?: string): Answer {
  return { status, body: body === undefined ? '' : JSON.stringify(body), location };
}

/** A refusal. Whatever the problem holds, its answer is at most 8 kB. */
export function problemAnswer(problem: Problem, context: AnswerContext): Answer {
  return {
    status: problem.status,
    body: boundedJson(problemBody(problem, context)),
    retryAfter: problem.extras.retryAfter,
  };
}

export function sendAnswer(reply: FastifyReply, answer: Answer): FastifyReply {
  if (answer.location) reply.header('location', answer.location);
  if (answer.replayed) reply.header('idempotent-replayed', 'true');
  if (answer.retryAfter !== undefined) reply.header('retry-after', String(answer.retryAfter));
  if (answer.status === 401) reply.header('www-authenticate', 'Bearer');
  if (answer.status >= 400) countRefusal(reply, answer);
  reply.code(answer.status);
  if (answer.body === '') return reply.send();
  reply.type(`application/${answer.status >= 400 ? 'problem+json' : 'json'}; charset=utf-8`);
  // The bytes are final: the route's schema documents them but does not write them again.
  reply.serializer((body) => body as string);
  return reply.send(answer.body);
}

/** Also of repeats, of which only the bytes are known. */
function countRefusal({ request, server }: FastifyReply, { body }: Answer): void {
  const { operationId = 'none' } = (request.routeOptions.schema ?? {}) as { operationId?: string };
  server.countRefusal?.(operationId, /"code":"([a-z-]{1,50})"/.exec(body.slice(0, 500))?.[1] ?? 'none');
}
