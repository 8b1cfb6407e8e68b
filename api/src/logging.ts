import type { FastifyRequest, FastifyServerOptions } from 'fastify';
import { traceIds } from './telemetry/tracing.ts';

/**
 * Structured logs that never hold a code, a token or an e-mail: a request is named by its route's pattern, not by its URL, and
 * whatever slips into a message is masked.
 */
export function loggerOptions(level: string): FastifyServerOptions['logger'] {
  return {
    level,
    mixin: traceIds,
    redact: {
      paths: [
        'email',
        '*.email',
        'code',
        '*.code',
        'password',
        '*.password',
        'token',
        '*.token',
        'req.headers',
        'res.headers',
      ],
      censor: maskValue,
    },
    serializers: {
      req: (request: FastifyRequest) => ({
        method: request.method,
        route: request.routeOptions?.url,
        id: request.id,
      }),
      res: ({ statusCode }) => ({ status: statusCode }),
      err: (error: Error & { code?: string }) => ({
        type: error.name,
        sqlstate: error.code,
        message: maskText(error.message),
        stack: maskText(error.stack ?? ''),
      }),
    },
  };
}

/** Keeps enough to recognise a value by: the first two characters, or of an e-mail the first and the domain. */
function mask(value: string): string {
  const at = value.indexOf('@');
  return at > 0 ? `${value[0]}***${value.slice(at)}` : `${value.slice(0, 2)}***`;
}

const maskValue = (value: unknown) => (typeof value === 'string' ? mask(value) : '***');

/** Longest text of an error in the log. */
const MAX_LOGGED_LENGTH = 4_000;

/** The beginning of a long text, up to the end of a word: half an e-mail would not be known as one. */
const beginningOf = (text: string) =>
  text.length <= MAX_LOGGED_LENGTH
    ? text
    : `${text.slice(0, Math.max(0, text.lastIndexOf(' ', MAX_LOGGED_LENGTH)))} …`;

/** Masks e-mails, JSON web tokens and passwords in addresses inside free text such as error messages. */
export function maskText(text: string): string {
  return beginningOf(text)
    .replace(/[^\s@"'(=]+@[^\s@"')]+\.[a-z]+/gi, mask)
    .replace(/eyJ[\w-]+\.[\w-]+\.[\w-]+/g, 'eyJ***')
    .replace(/:\/\/([^:/\s]+):[^@\s]+@/g, '://$1:***@')
    .replace(/(Key \([^)]*\)=\()[^)]*\)/g, '$1***)');
}
