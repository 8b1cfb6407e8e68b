import { type ProblemCode, problems } from './problem-codes.ts';
import {
  explain,
  type Explanation,
  type PlainReason,
  type Reason,
  type ReasonValues,
  type Why,
} from './reasons.ts';

/** Where a fault of a request is: `pointer` is a JSON pointer (RFC 6901) into `in`. */
export interface Place {
  in: 'body' | 'query' | 'path' | 'headers';
  pointer: string;
}

export type FieldError = Place & Explanation;

/** A name as a step of a JSON pointer (RFC 6901). */
export const escapePointer = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');

export interface ProblemExtras {
  errors?: FieldError[];
  /** Seconds; becomes the Retry-After header. */
  retryAfter?: number;
  /** Members of the body beside the standard ones, such as `state` and `actions`. */
  [member: string]: unknown;
}

/** A refusal with a code of the table. Its reason is more exact than the code, or the code itself; it never quotes a secret. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly reason: Reason;
  readonly values: ReasonValues;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, why: PlainReason | Why = code, extras: ProblemExtras = {}) {
    const { reason, values, detail } = explain(typeof why === 'string' ? { reason: why } : why);
    const pointer = extras.errors?.[0]?.pointer;
    super(pointer ? `${pointer}: ${detail}` : detail);
    this.code = code;
    this.status = problems[code].status;
    this.reason = reason;
    this.values = values;
    this.extras = extras;
  }
}

/** A refusal that points at one field. */
export function fieldProblem(
  { in: part, pointer }: Place,
  why: PlainReason | Why,
  code: ProblemCode = 'invalid-request',
): Problem {
  const explanation = explain(typeof why === 'string' ? { reason: why } : why);
  return new Problem(code, why, { errors: [{ in: part, pointer, ...explanation }] });
}

/** The body of an `application/problem+json` answer (RFC 9457). `instance` is the path that was asked, without its query. */
export function problemBody(problem: Problem, request: { instance: string; requestId: string }) {
  const { retryAfter: _header, ...members } = problem.extras;
  return {
    type: `/problems/${problem.code}`,
    title: problems[problem.code].title,
    status: problem.status,
    detail: problem.message,
    code: problem.code,
    reason: problem.reason,
    values: problem.values,
    instance: request.instance,
    requestId: request.requestId,
    ...members,
  };
}
