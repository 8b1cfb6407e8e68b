/**
 * The one table of errors. Each has a page at /problems/{code}; clients rely on `code`, people read the rest. `about` is the `detail` of a
 * problem that has no reason more exact than its code: see reasons.ts.
 */
export const problems = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    about: 'Something in the path, the query, a header or the body is missing, unknown or out of range.',
    remedy: 'See `errors`: each entry names a field and says what is wrong with it.',
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
    about: 'A coupon must be locked before it is redeemed.',
    remedy: 'Lock the coupon first, then redeem it before `lockExpiresAt`.',
  },
  'already-redeemed': {
    status: 400,
    title: 'The coupon has been redeemed',
    about: 'This coupon has been used up. It cannot be redeemed again.',
    remedy: 'Use another coupon.',
  },
  unauthenticated: {
    status: 401,
    title: 'Sign in first',
    about:
      'There is no valid access token, or the sign-in was not accepted. The answer never says which part was wrong.',
    remedy: 'Send `Authorization: Bearer <accessToken>` from /api/v1/auth/login or /api/v1/auth/refresh.',
  },
  forbidden: {
    status: 403,
    title: 'Not allowed',
    about: 'Your account is not allowed to do this.',
    remedy: 'Ask an administrator.',
  },
  'not-your-coupon': {
    status: 403,
    title: 'Not your coupon',
    about:
      'The coupon belongs to somebody else or does not exist. The answer is the same for both, so that codes cannot be probed.',
    remedy: 'Check the code. Attempts are counted.',
  },
  'not-your-lock': {
    status: 403,
    title: 'Not your lock',
    about: 'Somebody else has locked this coupon.',
    remedy: 'Act for the user who holds the lock, or unlock the coupon first.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    about: 'There is nothing here, or nothing that you are allowed to know about.',
    remedy: 'Check the address; /docs lists all of them.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    about: 'This address does not accept this method.',
    remedy: 'See the `Allow` header.',
  },
  'book-exhausted': {
    status: 409,
    title: 'No coupon is left',
    about: 'All coupons of this book have been given out.',
    remedy: 'Add codes to the book, or try again later: somebody may give one back.',
  },
  'assignment-limit-reached': {
    status: 409,
    title: 'Assignment limit reached',
    about: 'This person already has the maximum number of coupons from this book (`maxAssignmentsPerUser`).',
    remedy: 'Use the coupons already assigned, or raise the limit of the book.',
  },
  'already-assigned': {
    status: 409,
    title: 'The coupon has an owner',
    about: 'This coupon already belongs to somebody.',
    remedy: 'Assign another coupon.',
  },
  'book-not-active': {
    status: 409,
    title: 'The book is not active',
    about:
      'The book is archived, has not started or has ended. Its coupons cannot be assigned, locked or redeemed.',
    remedy: 'See `startsAt`, `expiresAt` and `archivedAt` of the book.',
  },
  'in-use': {
    status: 409,
    title: 'In use',
    about: 'Coupons of this book were given away, so it cannot be deleted. Archive it instead.',
    remedy: 'Archive the book: PATCH /api/v1/books/{id} with `{ "archived": true }`.',
  },
  conflict: {
    status: 409,
    title: 'Conflict',
    about:
      'The request conflicts with something that exists: a name or an e-mail is taken, or the same request is still running.',
    remedy: 'See `detail`. If there is a `Retry-After`, send the same request again after that time.',
  },
  'lock-expired': {
    status: 410,
    title: 'The lock has expired',
    about: 'The lock on this coupon expired before it was redeemed.',
    remedy: 'Lock the coupon again, then redeem it in time.',
  },
  'link-not-valid': {
    status: 410,
    title: 'The access link no longer works',
    about:
      'An access link works once, for 7 days, until a newer one replaces it or the account is disabled. `reason` says which.',
    remedy: 'If you have chosen a password with it, sign in. Otherwise ask an administrator for a new link.',
  },
  'payload-too-large': {
    status: 413,
    title: 'Too large',
    about: 'The body is larger than this endpoint accepts.',
    remedy: 'Send less at a time. A file of codes can be split into parts.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    about: 'This endpoint does not accept this `Content-Type`, or the content does not match it.',
    remedy:
      'JSON is `application/json`; a file of codes is `text/csv` or `multipart/form-data` with a `file`, as UTF-8 text.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key belongs to another request',
    about: 'You have used this Idempotency-Key for a request with another method, path or body.',
    remedy: 'Use a new key for each request, and the same key only to repeat a request.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    about: 'You have reached a rate limit, or the limit for wrong codes or wrong passwords.',
    remedy: 'Wait for the time in `Retry-After`, then try again.',
  },
  'internal-error': {
    status: 500,
    title: 'Internal error',
    about: 'Something went wrong in the service. Nothing was changed.',
    remedy: 'Report it with the `requestId`.',
  },
  'not-available-here': {
    status: 501,
    title: 'Not available in this installation',
    about:
      'This installation cannot do it. On AWS Lambda there is no live stream of events, and no answer larger than 5 MB.',
    remedy: 'Poll /api/v1/events instead of the stream. If an answer is too large, ask for less.',
  },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    about:
      'The database cannot be reached, or the service is overloaded. Either nothing happened, or repeating the request with the same Idempotency-Key tells you what did.',
    remedy: 'Repeat the request with the same Idempotency-Key after the time in `Retry-After`.',
  },
} as const;

export type ProblemCode = keyof typeof problems;
