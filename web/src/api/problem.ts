/** One field that the API found at fault: `pointer` is a JSON pointer such as `/name`. */
export interface FieldError {
  in: 'body' | 'query' | 'path' | 'headers';
  pointer: string;
  detail: string;
}

export interface UploadReport {
  rows: number;
  invalid: number;
  /** The first of them: as many as fit a problem of 8 kB, at most 50. */
  errors: {
    line: number;
    code: string;
    reason: string;
    values: Record<string, string | number>;
    detail: string;
  }[];
}

/**
 * Anything that failed, by its `code`: the codes of the API's table of errors, and `network` for a request without an answer.
 * Words for it in the reader's language are in i18n (`problems.<code>`), by `useProblemText`.
 */
export class ApiProblem extends Error {
  readonly code: string;
  readonly status: number;
  readonly errors: FieldError[];
  /** Seconds, from `Retry-After`. */
  readonly retryAfter: number | null;
  readonly requestId: string | null;
  /** Why, more exactly than `code`, with what its words need. */
  readonly reason: string | null;
  readonly values: Record<string, string | number>;
  /** Of a file that was refused as a whole: what is wrong with its rows. */
  readonly report: UploadReport | null;

  constructor(
    body: {
      code: string;
      status: number;
      detail?: string;
      errors?: FieldError[];
      requestId?: string;
      reason?: string;
      values?: Record<string, string | number>;
      report?: UploadReport;
    },
    retryAfter: number | null = null,
  ) {
    super(body.detail ?? body.code);
    this.code = body.code;
    this.status = body.status;
    this.errors = body.errors ?? [];
    this.requestId = body.requestId ?? null;
    this.reason = body.reason ?? null;
    this.values = body.values ?? {};
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

function isProblemBody(body: unknown): body is ConstructorParameters<typeof ApiProblem>[0] {
  return (
    typeof body === 'object' &&
    body !== null &&
    'code' in body &&
    typeof body.code === 'string' &&
    'status' in body
  );
}
