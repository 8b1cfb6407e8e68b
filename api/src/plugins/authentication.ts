import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { sql } from 'kysely';
import type { Config } from '../config.ts';
import type { Database } from '../database/connection.ts';
import { Problem } from '../problems.ts';
import { type AccessTokens, accessTokens } from './access-tokens.ts';
import { type Caller, callerOf } from './caller.ts';
import { type PublicJwk, signingKeys } from './signing-keys.ts';

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

    app.addHook('onRoute', ({ method, url, config }) => {
      if (url.startsWith('/api/') && !config?.access)
        throw new Error(`${String(method)} ${url} does not say who may call it`);
    });

    app.addHook('onRequest', (request, reply, done) => {
      const { access } = request.routeOptions.config;
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
      if (request.routeOptions.config.access !== 'admin') return done();
      const caller = callerOf(request);
      if (caller.role !== 'ADMIN') return done(new Problem('forbidden', 'This is for administrators.'));
      if (READS.has(request.method)) return done();
      // A token outlives a demotion by up to 15 minutes. For what an administrator changes that is too long.
      requireAdminNow(app.db, caller).then(() => done(), done);
    });

    /** Checks a token that is not remembered. Each failure counts for its address, and too many stop it before the work. */
    async function examine(
      request: FastifyRequest,
      reply: FastifyReply,
      token: string | null,
    ): Promise<Caller> {
      await app.badTokens.refuseFlood(request, reply);
      const caller = token === null ? null : await tokens.verify(token);
      if (caller) return caller;
      await app.badTokens.count(request);
      throw new Problem('unauthenticated', 'A valid access token is needed.');
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

async function requireAdminNow(db: Database, caller: Caller): Promise<void> {
  const { rows } = await sql<{ enabled: boolean; admin: boolean }>`
    SELECT disabled_at IS NULL AS enabled, role = 'ADMIN' AS admin FROM users WHERE id = ${caller.id}`.execute(
    db,
  );
  if (!rows[0]?.enabled) throw new Problem('unauthenticated', 'A valid access token is needed.');
  if (!rows[0].admin) throw new Problem('forbidden', 'This is for administrators.');
}

/** An access token for a user, as login gives it. Makes the first signing key when there is none. */
export function signAccessToken(app: FastifyInstance, user: Caller): Promise<string> {
  return app.accessTokens.sign({ id: user.id, role: user.role });
}
