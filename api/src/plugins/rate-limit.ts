import rateLimiter, { normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import type { Config } from '../config.ts';
import { Problem } from '../problems.ts';

/** How many requests in a window. */
interface Policy {
  limit: number;
  windowSeconds: number;
}

/**
 * All are multiplied by RATE_LIMIT_SCALE. The first three count by address, the others by account: signed-in people behind
 * one address do not share a limit. A company's backend acts for all its users through one ADMIN account.
 */
const POLICIES = {
  address: { limit: 300, windowSeconds: 60 },
  login: { limit: 60, windowSeconds: 60 },
  register: { limit: 20, windowSeconds: 600 },
  user: { limit: 600, windowSeconds: 60 },
  admin: { limit: 60_000, windowSeconds: 60 },
} satisfies Record<string, Policy>;

type PolicyName = keyof typeof POLICIES;

/** Requests with a missing or bad token, by address. */
const BAD_TOKENS: Policy = { limit: 300, windowSeconds: 60 };

/** Most addresses or accounts that one limiter remembers (about 200 bytes each); the longest unseen is forgotten first. */
const MAX_REMEMBERED = 50_000;

declare module 'fastify' {
  interface FastifyInstance {
    badTokens: {
      /** Throws 429 when the address of the request has sent too many bad tokens. */
      refuseFlood: (request: FastifyRequest, reply: FastifyReply) => Promise<void>;
      count: (request: FastifyRequest) => Promise<void>;
    };
  }
  interface FastifyContextConfig {
    /** A stricter limit by address than other public routes have. (`rateLimit: false` is: none.) */
    ratePolicy?: 'login' | 'register';
  }
}

/**
 * Rate limits, with the headers of draft-ietf-httpapi-ratelimit-headers. They are counted in the memory of each process,
 * which is right here: they protect a process from load and cost 2 µs (15 µs by IPv6 address). What protects secrets
 * (codes, passwords) is counted in the database, see access/budgets.ts.
 */
export default fp<{ config: Config }>(
  async (app, { config }) => {
    await app.register(rateLimiter, { global: false });
    const enforce = Object.fromEntries(
      Object.entries(POLICIES).map(([name, policy]) => [
        name,
        limiter(app, name, policy, config.rateLimitScale).enforce,
      ]),
    ) as Record<PolicyName, (request: FastifyRequest, reply: FastifyReply) => Promise<void>>;
    const badTokens = limiter(app, 'address', BAD_TOKENS, config.rateLimitScale);
    app.decorate('badTokens', { refuseFlood: badTokens.refuseExceeded, count: badTokens.count });

    app.addHook('onRequest', async (request, reply) => {
      const { access, ratePolicy, rateLimit } = request.routeOptions.config;
      // Files and pages outside of the API declare no access and are cheap; paths that do not exist are what scanners ask.
      const limited = access === 'public' || (request.is404 && request.url.startsWith('/api/'));
      if (limited && rateLimit !== false) await enforce[ratePolicy ?? 'address'](request, reply);
    });

    // After authentication, before the body is read.
    app.addHook('preParsing', async (request, reply) => {
      const { caller } = request;
      if (!caller || request.routeOptions.config.rateLimit === false) return;
      await enforce[caller.role === 'ADMIN' ? 'admin' : 'user'](request, reply);
    });
  },
  { name: 'rate-limit', dependencies: ['problem-details'] },
);

/** What counts as one address: an IPv6 host has a whole /64 to choose from. */
export function addressScope(ip: string): string {
  return normalizeIP(ip, 64);
}

function limiter(app: FastifyInstance, name: string, { limit, windowSeconds }: Policy, scale: number) {
  const max = Math.max(1, Math.round(limit * scale));
  const options = {
    max,
    timeWindow: windowSeconds * 1000,
    cache: MAX_REMEMBERED,
    ipv6Subnet: 64,
    ...(name === 'user' || name === 'admin'
      ? { keyGenerator: (request: FastifyRequest) => request.caller!.id }
      : {}),
  };
  const take = app.createRateLimit(options);
  const policyHeader = `"${name}";q=${max};w=${windowSeconds}`;

  function report(state: Awaited<ReturnType<typeof take>>, exceeded: boolean, reply: FastifyReply): void {
    if (state.isAllowed) return;
    reply.header('ratelimit-policy', policyHeader);
    reply.header('ratelimit', `"${name}";r=${state.remaining};t=${state.ttlInSeconds}`);
    if (exceeded) {
      throw new Problem('rate-limited', `No more than ${max} requests in ${windowSeconds} seconds.`, {
        retryAfter: Math.max(1, state.ttlInSeconds),
      });
    }
  }

  return {
    async enforce(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const state = await take(request);
      report(state, !state.isAllowed && state.isExceeded, reply);
    },
    async refuseExceeded(request: FastifyRequest, reply: FastifyReply): Promise<void> {
      const state = await take(request, { increment: false });
      if (!state.isAllowed && state.remaining === 0) report(state, true, reply);
    },
    async count(request: FastifyRequest): Promise<void> {
      await take(request);
    },
  };
}
