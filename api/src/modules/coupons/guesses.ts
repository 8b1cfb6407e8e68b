import type { FastifyRequest } from 'fastify';
import type { Budget } from '../../access/budgets.ts';
import { addressScope } from '../../plugins/rate-limit.ts';
import { callerOf } from '../../access/caller.ts';

const WINDOW_SECONDS = 600;
const WRONG_CODES_PER_USER = 30;
const WRONG_CODES_PER_ADDRESS = 300;

/**
 * What wrong and foreign codes of this request are charged to. An ADMIN may see every code and has nothing to guess. An address is
 * given more, as many people may share it.
 */
export function guessBudgets(request: FastifyRequest, scale: number): Budget[] {
  const { id, role } = callerOf(request);
  if (role === 'ADMIN') return [];
  const limit = (count: number) => Math.max(1, Math.round(count * scale));
  return [
    { scope: `codes:user:${id}`, limit: limit(WRONG_CODES_PER_USER), windowSeconds: WINDOW_SECONDS },
    {
      scope: `codes:address:${addressScope(request.ip)}`,
      limit: limit(WRONG_CODES_PER_ADDRESS),
      windowSeconds: WINDOW_SECONDS,
    },
  ];
}
