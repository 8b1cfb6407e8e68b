/** SQLSTATEs and socket errors, by what they mean for a request. https://www.postgresql.org/docs/current/errcodes-appendix.html */

// Lost, full, stopped or read-only; a disk that cannot be read or written (58, XX001, XX002); rights that somebody took away,
// of the schema too, in which no table is found then.
const OUTAGE_STATES = /^(08...|53...|57P0.|58...|25006|25P0[34]|XX00[12]|42501|42P01|3F000)$/;
// The server ends the session with these, whatever their code: what PgBouncer says when it gets no connection is one, too.
const LAST_WORDS = /^(FATAL|PANIC)$/;
const OUTAGE_SOCKETS =
  /^(ECONN.*|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|POOL_OVERLOADED)$/;
// What pg says in words only.
const OUTAGE_MESSAGES =
  /^(Connection terminated|Client has encountered a connection error|Query read timeout|timeout exc|Client was closed|Cannot use a pool after)/;

/** The SQLSTATE or socket code of an error, if it has one. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

const REFUSED_CHANGES = /^(25006|53100|58...|XX00[12]|42501|42P01|3F000)$/;

/** The database refuses changes (it is read-only or full, or rights are missing), and may answer reads. */
export function isRefusedChange(error: unknown): boolean {
  return REFUSED_CHANGES.test(errorCode(error) ?? '');
}

/** No connection could be had, for whatever reason: the server says any of its codes when it turns somebody away. */
export class ConnectError extends Error {
  /** A property, not only a class: the queue copies what errors have. */
  readonly isOutage = true;
  readonly code: string | undefined;

  constructor(cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.code = errorCode(cause);
  }
}

/** The database is away, overloaded, read-only or closed to us: nothing the request could have done better. */
export function isOutage(error: unknown): boolean {
  if ((error as { isOutage?: unknown } | null)?.isOutage === true) return true;
  if (error instanceof AggregateError) return error.errors.some(isOutage);
  const code = errorCode(error);
  if (code && (OUTAGE_STATES.test(code) || OUTAGE_SOCKETS.test(code))) return true;
  if (LAST_WORDS.test((error as { severity?: string } | null)?.severity ?? '')) return true;
  return error instanceof Error && OUTAGE_MESSAGES.test(error.message);
}

// PostgreSQL closes a session with these, and a connection with those.
const LOST_STATES = /^(57P0[1235]|0800[036]|ECONNRESET|ECONNABORTED|EPIPE)$/;
const LOST_MESSAGES =
  /^(Connection terminated( unexpectedly)?$|Client has encountered a connection error|Client was closed)/;

/** The other end has closed the connection, which says nothing about a new one. */
export function isLostConnection(error: unknown): boolean {
  if (error instanceof ConnectError) return false;
  return (
    LOST_STATES.test(errorCode(error) ?? '') || (error instanceof Error && LOST_MESSAGES.test(error.message))
  );
}

/** The database gave up on a statement: it, or the wait for a lock, took too long. */
export function isTimeout(error: unknown): boolean {
  return errorCode(error) === '57014' || errorCode(error) === '55P03';
}

/** Too many wait for a connection, or waited too long. */
export const POOL_OVERLOADED = 'POOL_OVERLOADED';

/** A prepared statement is not on the connection on which it was prepared. */
export const LOST_STATEMENT = '26000';

/** The whole transaction was rolled back only because of what others did meanwhile, on its rows or on its connection: running it again is right. */
export function isRetryable(error: unknown): boolean {
  const code = errorCode(error);
  return (
    code === '40001' ||
    code === '40P01' ||
    code === LOST_STATEMENT ||
    isTakenKey(error, 'idempotency_keys_pkey') ||
    // Somebody else stored the same code meanwhile; the second time it is found.
    isTakenKey(error, 'coupon_codes_pkey') ||
    isTakenKey(error, 'coupons_code_key')
  );
}

/** A unique constraint, by its name, refused the row. */
export function isTakenKey(error: unknown, constraint: string): boolean {
  return errorCode(error) === '23505' && (error as { constraint?: string }).constraint === constraint;
}
