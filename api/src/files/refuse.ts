import { Problem } from '../problems.ts';
import { type FileReason, type ReasonValues, tell } from './reasons.ts';

/** Refuses a file as a whole. `found`: what could be read of it, so that the caller can say what was meant. */
export function refuseFile(
  code: 'invalid-request' | 'unsupported-media-type',
  reason: FileReason,
  values: ReasonValues = {},
  found?: object,
): never {
  throw new Problem(code, tell(reason, values), { reason, values, ...(found && { found }) });
}
