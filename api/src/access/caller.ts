import type { FastifyRequest } from 'fastify';
import type { UserRole } from '../database/types.ts';
import { Problem } from '../problems.ts';

/** The signed-in account of a request, as its access token says. */
export interface Caller {
  id: string;
  role: UserRole;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Null on public routes: they do not look at tokens. */
    caller: Caller | null;
  }
  interface FastifyContextConfig {
    /** Who may call the route. A route that does not say it stops the boot. */
    access?: 'public' | 'user' | 'admin';
  }
}

/** The caller of a route that is not public. */
export function callerOf(request: FastifyRequest): Caller {
  if (!request.caller) throw new Problem('unauthenticated');
  return request.caller;
}
