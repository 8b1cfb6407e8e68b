import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Config } from '../config.ts';
import { Problem } from '../problems.ts';
import { type AccessTokens, accessTokens } from '../access/access-tokens.ts';
import { rememberRights, requireAdminNow } from '../access/admin-rights.ts';
import { type Caller, callerOf } from '../access/caller.ts';
import { routeConfigOf } from '../access/route-config.ts';
import { type PublicJwk, signingKeys } from '../access/signing-keys.ts';

declare module 'fastify' {
  interface FastifyInstance {
    accessTokens: AccessTokens & { publicKeys: () => Promise<PublicJwk[]> };
  }
}

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Who calls (401), then whether they may (403), by the `access` of the route. Between the two the rate limits are
 * asked: they count by caller.
 */
export default fp<{ config: Config }>(
  async (app) => {
    const keys = signingKeys(app.db, () => tokens.forget());
    const tokens = accessTokens(keys);
    app.decorate('accessTokens', { ...tokens, publicKeys: keys.publicKeys });
    app.decorateRequest('caller', null);
    const requireRecentAdmin = rememberRights(app.db);
    app.decorate('requireRecentAdmin', requireRecentAdmin);

    app.addHook('onRoute', ({ method, url, config }) => {
      if (url.startsWith('/api/') && !config?.access)
        throw new Error(`${String(method)} ${url} does not say who may call it`);
    });

    app.addHook('onRequest', (request, reply, done) => {
      const { access } = routeConfigOf(request);
      if (access !== 'user' && access !== 'admin') return done();
      const token = bearerToken(request);
      const known = token === null ? undefined : tokens.recall(token);
      if (known) {
        request.caller = known;
        return done();
      }
      examine(request, reply, token).then((caller) => {
        request.caller = caller;
        done();
      }, done);
    });

    app.addHook('preParsing', (request, _reply, _payload, done) => {
      const { access } = routeConfigOf(request);
      const { caller } = request;
      if (access === 'admin' && callerOf(request).role !== 'ADMIN')
        return done(new Problem('forbidden', 'admins-only'));
      if (caller?.role !== 'ADMIN') return done();
      // What changes something asks again in its transaction, since a body may take minutes to arrive. Commands on coupons ask there
      // alone: a backend acts for all its users as one ADMIN.
      if (READS.has(request.method)) requireRecentAdmin(caller).then(() => done(), done);
      else if (access === 'admin') requireAdminNow(app.db, caller).then(() => done(), done);
      else done();
    });

    /** Checks a token that is not remembered. Each failure counts for its address, and too many stop it before the work. */
    async function examine(
      request: FastifyRequest,
      reply: FastifyReply,
      token: string | null,
    ): Promise<Caller> {
      app.badTokens.refuseFlood(request, reply);
      const caller = token === null ? null : await tokens.verify(token);
      if (caller) return caller;
      app.badTokens.count(request);
      throw new Problem('unauthenticated');
    }
  },
  { name: 'authentication', dependencies: ['database', 'problem-details', 'rate-limit'] },
);

function bearerToken(request: FastifyRequest): string | null {
  const { authorization } = request.headers;
  return authorization?.slice(0, 7).toLowerCase() === 'bearer '
    ? authorization.slice(7).trim() || null
    : null;
}

/** An access token for a user, as login gives it. Makes the first signing key when there is none. */
export function signAccessToken(app: FastifyInstance, user: Caller): Promise<string> {
  return app.accessTokens.sign({ id: user.id, role: user.role });
}
