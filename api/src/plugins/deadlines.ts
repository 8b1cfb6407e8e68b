import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { ANSWER_WITHIN_MS, LOOK_EVERY_MS, overdue } from '../deadline.ts';
import { answerContext, problemAnswer, sendAnswer } from '../answers/answer.ts';

/**
 * The one bound of waiting, for every route and whatever it waits for: who has no answer by then gets 503. Not Fastify's own
 * `handlerTimeout`: that is a timer and an AbortController for each request, counts slow uploads, and breaks exports.
 */
export default fp(
  async (app) => {
    const open = new Map<FastifyRequest, FastifyReply>();
    let looking: NodeJS.Timeout | undefined;
    let closed = false;

    app.decorateRequest('answerBy', 0);
    app.addHook('onRequest', (request, reply, done) => {
      request.answerBy = performance.now() + ANSWER_WITHIN_MS;
      open.set(request, reply);
      looking ??= lookLater();
      done();
    });
    app.addHook('onResponse', (request, _reply, done) => {
      open.delete(request);
      done();
    });
    app.addHook('onClose', () => {
      closed = true;
      clearTimeout(looking);
    });

    // A turn later: on a busy machine the answers may be there, and only not read yet.
    function lookLater(): NodeJS.Timeout {
      return setTimeout(() => setImmediate(look), LOOK_EVERY_MS);
    }

    function look(): void {
      const now = performance.now();
      // While answers are held back, that of a request may be ready: it would get two.
      for (const [request, reply] of app.readiness.holding ? [] : open) {
        if (reply.sent || reply.raw.headersSent) open.delete(request);
        else if (isArriving(request)) request.answerBy = now + ANSWER_WITHIN_MS;
        else if (now > request.answerBy) {
          open.delete(request);
          answerOverdue(request, reply);
        }
      }
      looking = open.size > 0 && !closed ? lookLater() : undefined;
    }
  },
  { name: 'deadlines' },
);

/** Somebody reads its body, and there is more to come: it is the client who takes time. */
const isArriving = ({ raw, answerBy }: FastifyRequest) =>
  answerBy !== Infinity && raw.complete === false && raw.readableFlowing !== null;

function answerOverdue(request: FastifyRequest, reply: FastifyReply): void {
  const problem = overdue();
  request.log.warn({ problem: problem.code }, 'a request was not answered in time');
  // What its handler still says comes too late for anybody.
  reply.log = request.log.child({}, { level: 'silent' });
  sendAnswer(reply, problemAnswer(problem, answerContext(request)));
}
