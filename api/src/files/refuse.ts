import { Problem } from '../problems.ts';
import type { Why } from '../reasons.ts';

/** Refuses a file as a whole. `found`: what could be read of it, so that the caller can say what was meant. */
export function refuseFile(
  code: 'invalid-request' | 'unsupported-media-type',
  why: Why,
  found?: object,
): never {
  throw new Problem(code, why, { ...(found && { found }) });
}
