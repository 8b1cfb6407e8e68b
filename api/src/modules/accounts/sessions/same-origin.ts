import type { FastifyRequest } from 'fastify';
import type { Config } from '../../../config.ts';
import { Problem } from '../../../problems.ts';

/**
 * For requests that a cookie signs in: refuses those that a page of another origin made the browser send. The cookie is
 * SameSite=Strict, but "site" includes every other host of the domain. Browsers say where a request comes from and pages
 * cannot change it: Sec-Fetch-Site on https and localhost, Origin on every POST. A request with neither comes from no
 * browser, and nobody's cookie was added to it unasked.
 * @throws {Problem} forbidden
 */
export function requireSameOrigin(request: FastifyRequest, config: Config): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (site === 'same-origin' || site === 'none') return;
  if (origin !== undefined && config.corsOrigins.includes(origin)) return;
  if (site === undefined && (origin === undefined || origin === ownOrigin(request, config))) return;
  throw new Problem('forbidden', 'other-origin');
}

/** Where people reach us, as far as we know. */
export function ownOrigin(request: FastifyRequest, config: Config): string {
  return config.publicUrl ?? `${request.protocol}://${request.host}`;
}
