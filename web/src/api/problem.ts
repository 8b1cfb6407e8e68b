import type { components } from './schema';

type Schemas = components['schemas'];
type Reason = Schemas['Reason'];

export interface UploadReport {
  rows: number;
  invalid: number;
  /** The first of them: as many as fit a problem of 8 kB, at most 50. */
  errors: (Omit<Schemas['JobError'], 'value'> & { code: string })[];
}

type Code = Schemas['Problem']['code'] | 'network';

/** A problem as the API answers it, or as much of it as is known. */
interface ProblemBody {
  code: Code;
  status: number;
  reason?: Reason;
  values?: Record<string, string | number>;
  detail?: string;
  errors?: Schemas['FieldError'][];
  requestId?: string;
  report?: UploadReport;
}

/**
 * Anything that failed, by its `code`: the codes of the API's table of errors, and `network` for a request without an answer.
 * Words for it in the reader's language are made by `useProblemText`, of its reason.
 */
export class ApiProblem extends Error {
  readonly code: Code;
  readonly status: number;
  /** Why, mostly more exactly than `code`, with what its words need. */
  readonly reason: Reason | 'network';
  readonly values: Record<string, string | number>;
  /** In English. */
  readonly detail: string;
  readonly errors: Schemas['FieldError'][];
  /** Seconds, from `Retry-After`. */
  readonly retryAfter: number | null;
  readonly requestId: string | null;
  /** Of a file that was refused as a whole: what is wrong with its rows. */
  readonly report: UploadReport | null;

  constructor(body: ProblemBody, retryAfter: number | null = null) {
    super(body.detail ?? body.code);
    this.code = body.code;
    this.status = body.status;
    this.reason = body.reason ?? body.code;
    this.values = body.values ?? {};
    this.detail = this.message;
    this.errors = body.errors ?? [];
    this.requestId = body.requestId ?? null;
    this.report = body.report ?? null;
    this.retryAfter = retryAfter;
  }

  /** Nobody knows whether it was done. A repeat with the same Idempotency-Key tells. */
  get isUncertain(): boolean {
    return this.code === 'network' || this.code === 'unavailable';
  }
}

/** The problem in an unsuccessful answer; an HTML page of a proxy becomes one too. */
export async function readProblem(response: Response, body?: unknown): Promise<ApiProblem> {
  const retryAfter = Number(response.headers.get('retry-after')) || null;
  const known: unknown = body ?? (await response.json().catch(() => undefined));
  if (isProblemBody(known)) return new ApiProblem(known, retryAfter);
  const code = response.status >= 502 && response.status <= 504 ? 'unavailable' : 'internal-error';
  return new ApiProblem({ code, status: response.status }, retryAfter);
}

/**
 * What was thrown, as a problem: `fetch` throws a TypeError when there is no answer. What nobody expects is `internal-error`, and
 * stands in the console.
 */
export function toProblem(error: unknown): ApiProblem {
  if (error instanceof ApiProblem) return error;
  if (error instanceof TypeError || isAborted(error)) return new ApiProblem({ code: 'network', status: 0 });
  console.error(error);
  return new ApiProblem({ code: 'internal-error', status: 0 });
}

export const isAborted = (error: unknown): boolean =>
  error instanceof DOMException && error.name === 'AbortError';

function isProblemBody(body: unknown): body is ProblemBody {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    typeof body.code === 'string' &&
    'status' in body
  );
}
