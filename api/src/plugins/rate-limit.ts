import { isIPv4 } from 'node:net';
import { normalizeIP } from '@fastify/rate-limit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { routeConfigOf } from '../access/route-config.ts';
import type { Config } from '../config.ts';
import { Problem } from '../problems.ts';
import { createWindows, type Window } from '../windows.ts';

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

declare module 'fastify' {
  interface FastifyInstance {
    badTokens: {
      /** Throws 429 when the address of the request has sent too many bad tokens. */
      refuseFlood: (request: FastifyRequest, reply: FastifyReply) => void;
      count: (request: FastifyRequest) => void;
    };
  }
  interface FastifyContextConfig {
    /** A stricter limit by address than other public routes have. (`rateLimit: false` is: none.) */
    ratePolicy?: 'login' | 'register';
  }
}

/**
 * Rate limits, with the headers of draft-ietf-httpapi-ratelimit-headers. They are counted in the memory of each process,
 * which is right here: they protect a process from load and cost next to nothing. What protects secrets
 * (codes, passwords) is counted in the database, see access/budgets.ts.
 */
export default fp<{ config: Config }>(
  async (app, { config }) => {
    const limiters = Object.fromEntries(
      Object.entries(POLICIES).map(([name, policy]) => [
        name,
        createLimiter(name, policy, config.rateLimitScale),
      ]),
    ) as Record<PolicyName, Limiter>;
    const badTokens = createLimiter('address', BAD_TOKENS, config.rateLimitScale);
    app.decorate('badTokens', {
      refuseFlood: (request, reply) => badTokens.refuseExhausted(addressScope(request.ip), reply),
      count: (request) => badTokens.count(addressScope(request.ip)),
    });

    app.decorateRequest('knownRouteConfig', null);
    app.addHook('onRequest', (request, reply, done) => {
      const { access, ratePolicy, rateLimit } = routeConfigOf(request);
      // Files and pages outside of the API declare no access and are cheap; paths that do not exist are what scanners ask.
      const limited = access === 'public' || (request.is404 && request.url.startsWith('/api/'));
      if (limited && rateLimit !== false)
        limiters[ratePolicy ?? 'address'].enforce(addressScope(request.ip), reply);
      done();
    });

    // After authentication, before the body is read.
    app.addHook('preParsing', (request, reply, _payload, done) => {
      const { caller } = request;
      if (caller && routeConfigOf(request).rateLimit !== false)
        limiters[caller.role === 'ADMIN' ? 'admin' : 'user'].enforce(caller.id, reply);
      done();
    });
  },
  { name: 'rate-limit', dependencies: ['problem-details'] },
);

/** What counts as one address: an IPv6 host has a whole /64 to choose from. */
export function addressScope(ip: string): string {
  return isIPv4(ip) ? ip : normalizeIP(ip, 64);
}

/** The network of an address, as `addressScope` gives it: what whoever has many addresses is likely to have as a whole. */
export function networkScope(address: string): string {
  return isIPv4(address) ? address.slice(0, address.lastIndexOf('.')) : normalizeIP(address, 48);
}

interface Limiter {
  /** Counts one for `key`, and says in headers what is left. @throws {Problem} rate-limited beyond the limit */
  enforce: (key: string, reply: FastifyReply) => void;
  /** @throws {Problem} rate-limited, with the headers, when nothing is left for `key` */
  refuseExhausted: (key: string, reply: FastifyReply) => void;
  count: (key: string) => void;
}

/** Synchronous, and so our own: the plugin's limiter is a promise for each request, although nothing is waited for. */
function createLimiter(name: string, { limit, windowSeconds }: Policy, scale: number): Limiter {
  const max = Math.max(1, Math.round(limit * scale));
  const policyHeader = `"${name}";q=${max};w=${windowSeconds}`;
  const windows = createWindows(windowSeconds * 1000);

  function report({ used, endsAt }: Window, now: number, exceeded: boolean, reply: FastifyReply): void {
    // Rounded: the difference of fractions may be a hair more than the window.
    const seconds = Math.ceil(Math.round(endsAt - now) / 1000);
    reply.header('ratelimit-policy', policyHeader);
    reply.header('ratelimit', `"${name}";r=${Math.max(0, max - used)};t=${seconds}`);
    if (!exceeded) return;
    const why = { reason: 'too-many-requests', values: { max, seconds: windowSeconds } } as const;
    throw new Problem('rate-limited', why, { retryAfter: Math.max(1, seconds) });
  }

  return {
    enforce(key, reply) {
      const now = performance.now();
      const window = windows.use(key, now);
      report(window, now, window.used > max, reply);
    },
    refuseExhausted(key, reply) {
      const now = performance.now();
      const window = windows.find(key, now);
      if (window && window.used >= max) report(window, now, true, reply);
    },
    count: (key) => void windows.use(key, performance.now()),
  };
}
