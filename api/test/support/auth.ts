import { randomUUID } from 'node:crypto';
import type { FastifyInstance, LightMyRequestResponse } from 'fastify';
import type { TestApp } from './app.ts';
import { setQuickPassword } from './quick-password.ts';

const COOKIE = 'coupon_book_session';
export const GOOD_PASSWORD = 'a long and unusual sentence';

export const newEmail = () => `${randomUUID()}@example.test`;

export interface Account {
  id: string;
  email: string;
  password: string;
}

export async function register(
  app: FastifyInstance,
  payload: { email?: string; password?: string } = {},
): Promise<Account> {
  const email = payload.email ?? newEmail();
  const password = payload.password ?? GOOD_PASSWORD;
  const response = await app.inject({
    method: 'POST',
    url: '/api/v1/auth/register',
    payload: { email, password },
    remoteAddress: strangerAddress(),
  });
  if (response.statusCode !== 201) throw new Error(response.body);
  return { id: response.json<{ id: string }>().id, email, password };
}

/** An account whose password is checked quickly, for tests of what comes after it. */
export async function makeAccount({ asUser, databaseUrl }: TestApp): Promise<Account> {
  const { id, email } = await asUser();
  await setQuickPassword(databaseUrl, email, GOOD_PASSWORD);
  return { id, email, password: GOOD_PASSWORD };
}

export function login(
  app: FastifyInstance,
  { email, password }: { email: string; password: string },
  options: { remoteAddress?: string; headers?: Record<string, string> } = {},
): Promise<LightMyRequestResponse> {
  return app.inject({ method: 'POST', url: '/api/v1/auth/login', payload: { email, password }, ...options });
}

export const refresh = (
  app: FastifyInstance,
  session: string | undefined,
  headers: Record<string, string> = {},
) =>
  app.inject({
    method: 'POST',
    url: '/api/v1/auth/refresh',
    cookies: session ? { [COOKIE]: session } : {},
    headers,
  });

/** What an access link's page asks first: whose it is, and whether it still works. */
export const checkAccessLink = (app: FastifyInstance, token: string, remoteAddress = strangerAddress()) =>
  app.inject({
    method: 'POST',
    url: '/api/v1/auth/password/reset/check',
    payload: { token },
    remoteAddress,
  });

/** The session's token that an answer set. */
export const sessionOf = (response: LightMyRequestResponse): string | undefined =>
  response.cookies.find(({ name }) => name === COOKIE)?.value;

export const bearer = (response: LightMyRequestResponse) => ({
  authorization: `Bearer ${response.json<{ accessToken: string }>().accessToken}`,
});

/** The answer to a request, asked again while the server says that it has too much to do: on a busy machine it has. */
export async function unlessBusy<T extends { statusCode: number } | { status: number }>(
  ask: () => Promise<T>,
): Promise<T> {
  for (;;) {
    const answer = await ask();
    const { status, statusCode } = answer as { status?: number; statusCode?: number };
    if ((status ?? statusCode) !== 503) return answer;
  }
}

let strangers = 0;
/** An address that nobody has used yet, in a network kept for documentation or benchmarks (RFC 2544). */
export function strangerAddress(): string {
  strangers += 1;
  return `198.18.${strangers >> 8}.${strangers & 255}`;
}
