import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { Problem } from '../problems.ts';

/** Whether the client has gone away: it has no address any more, or broke the request off. */
export const isGone = ({ raw }: FastifyRequest): boolean =>
  raw.socket.remoteAddress === undefined || Boolean(raw.errored);

export const clientGone = () => new Problem('invalid-request', 'client-gone');

/**
 * Ends a request whose client went away while it was authenticated: whoever began to read its body now would wait for ever. So it is
 * registered after all that takes time before that.
 */
export default fp(
  async (app) => {
    app.addHook('preParsing', (request, _reply, _payload, done) => {
      done(isGone(request) ? clientGone() : undefined);
    });
  },
  { name: 'gone-clients', dependencies: ['authentication'] },
);
