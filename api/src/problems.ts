/** The one table of errors. Each has a page at /problems/{code}; clients rely on `code`, people read the rest. */
export const problems = {
  'invalid-request': {
    status: 400,
    title: 'The request does not fit',
    about: 'Something in the path, the query, a header or the body is missing, unknown or out of bounds.',
    remedy: 'See `errors`: each entry points at one field and says what it must be.',
  },
  'invalid-state': {
    status: 400,
    title: "The coupon's state does not allow this",
    about:
      'Each command starts from certain states only: assign from UNASSIGNED, lock from ASSIGNED, unlock from LOCKED.',
    remedy: 'See `state` for where the coupon is and `actions` for what can be done with it now.',
  },
  'not-locked': {
    status: 400,
    title: 'The coupon is not locked',
    about: 'A coupon is redeemed from a lock that its owner holds.',
    remedy: 'Lock the coupon first, then redeem it before `lockExpiresAt`.',
  },
  'already-redeemed': {
    status: 400,
    title: 'The coupon has been redeemed',
    about: 'No redemption is left on this coupon. That is final.',
    remedy: 'Use another coupon.',
  },
  unauthenticated: {
    status: 401,
    title: 'Sign in first',
    about:
      'The request has no valid access token, or the sign-in was not accepted. The answer never says which part was wrong.',
    remedy: 'Send `Authorization: Bearer <accessToken>` from /api/v1/auth/login or /api/v1/auth/refresh.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    about: 'The signed-in account may not do this.',
    remedy: 'Ask an administrator.',
  },
  'not-your-coupon': {
    status: 403,
    title: 'Not your coupon',
    about:
      'The coupon belongs to somebody else or does not exist; the answer is the same, so that codes cannot be probed.',
    remedy: 'Check the code. Attempts are counted.',
  },
  'not-your-lock': {
    status: 403,
    title: 'Not your lock',
    about: 'The lock on this coupon is held by another user.',
    remedy: 'Act for the user who holds the lock, or unlock the coupon first.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    about: 'There is nothing at this address, or nothing the caller may know about.',
    remedy: 'Check the address; /docs lists all of them.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    about: 'The address exists, but not for this method.',
    remedy: 'See the `Allow` header.',
  },
  'book-exhausted': {
    status: 409,
    title: 'No coupon is left',
    about: 'Every coupon of the book has been assigned.',
    remedy: 'Add codes to the book, or try again later in case one is given back.',
  },
  'assignment-limit-reached': {
    status: 409,
    title: 'Assignment limit reached',
    about: 'The user has been given as many coupons of this book as its `maxAssignmentsPerUser` allows.',
    remedy: 'Use the coupons already assigned, or raise the limit of the book.',
  },
  'already-assigned': {
    status: 409,
    title: 'The coupon has an owner',
    about: 'A coupon is assigned once.',
    remedy: 'Assign another coupon.',
  },
  'book-not-active': {
    status: 409,
    title: 'The book is not active',
    about:
      'The book is archived, has not started, or has expired: nothing of it can be assigned, locked or redeemed.',
    remedy: 'See `startsAt`, `expiresAt` and `archivedAt` of the book.',
  },
  'in-use': {
    status: 409,
    title: 'In use',
    about:
      'Coupons of this book were given to somebody. What was given stays on record, and with it the book.',
    remedy: 'Archive the book: PATCH /api/v1/books/{id} with `{ "archived": true }`.',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    about:
      'The request collides with what is there: a name or an e-mail is taken, the same request is still running.',
    remedy: 'See `detail`. With `Retry-After`, send the same request again after that time.',
  },
  'lock-expired': {
    status: 410,
    title: 'The lock has expired',
    about: 'The lock on this coupon ran out before it was redeemed.',
    remedy: 'Lock the coupon again, then redeem it in time.',
  },
  'link-not-valid': {
    status: 410,
    title: 'The access link does not work any more',
    about:
      'An access link works once, for 7 days, until a newer one is given or the account is disabled; `reason` says which it was.',
    remedy: 'Sign in if you have chosen a password with it; else ask an administrator for a new link.',
  },
  'payload-too-large': {
    status: 413,
    title: 'Too large',
    about: 'The body is larger than this address accepts.',
    remedy: 'Send less at a time; a file of codes can be cut in parts.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    about: 'The `Content-Type` is none that this address reads, or the content is not what it says.',
    remedy:
      'JSON is `application/json`; a file of codes is `text/csv` or `multipart/form-data` with a `file`, as UTF-8 text.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    about: 'The same caller used this key before, for a request with another method, path or body.',
    remedy: 'Use a fresh key for each new request, and the same key only to repeat one.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    about: 'A rate limit, or the budget for wrong codes or wrong passwords, is spent.',
    remedy: 'Wait for the time in `Retry-After`.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    about: 'A defect of the service. The change was not made.',
    remedy: 'Report it with the `requestId`.',
  },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    about:
      'The database is away or the service is overloaded. Nothing happened, or a repeat with the same Idempotency-Key tells what did.',
    remedy: 'Repeat the request with the same Idempotency-Key after the time in `Retry-After`.',
  },
} as const;

export type ProblemCode = keyof typeof problems;

/** One field at fault: `pointer` is a JSON pointer into `in`. */
export interface FieldError {
  in: 'body' | 'query' | 'path' | 'headers';
  pointer: string;
  detail: string;
}

/** A name as a step of a JSON pointer (RFC 6901). */
export const escapePointer = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');

export interface ProblemExtras {
  errors?: FieldError[];
  /** Seconds; becomes the Retry-After header. */
  retryAfter?: number;
  /** Members of the body beside the standard ones, such as `state` and `actions`. */
  [member: string]: unknown;
}

/** A refusal with a code of the table. `detail` is for the person who reads it; it never quotes a secret. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly status: number;
  readonly extras: ProblemExtras;

  constructor(code: ProblemCode, detail: string, extras: ProblemExtras = {}) {
    super(detail);
    this.code = code;
    this.status = problems[code].status;
    this.extras = extras;
  }
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
    instance: request.instance,
    requestId: request.requestId,
    ...members,
  };
}
