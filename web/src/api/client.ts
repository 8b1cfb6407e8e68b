import createClient from 'openapi-fetch';
import { isAborted, readProblem, toProblem } from './problem';
import type { components, paths } from './schema';

export type Schemas = components['schemas'];
/** Why something was refused, failed or left out. */
export type Reason = Schemas['Reason'];
export type ProblemCode = Schemas['Problem']['code'];

/** How requests get their access token; the session store provides it. */
export interface Authority {
  /** The token to send, refreshed when it is about to end; null: nobody is signed in. */
  token: () => Promise<string | null>;
  /** After a 401: another token, or null when the session is over. */
  renewed: (refused: string) => Promise<string | null>;
}

let authority: Authority = { token: async () => null, renewed: async () => null };

export function useAuthority(given: Authority): void {
  authority = given;
}

/**
 * `fetch` as the person who is signed in. A refused token is replaced once; a request that is still refused comes back as it is.
 * @param send how, if not by `fetch`
 */
export async function authorizedFetch(
  request: Request,
  send: (request: Request) => Promise<Response> = fetch,
): Promise<Response> {
  const token = await authority.token();
  // The API would refuse: do not ask.
  if (token === null) return Response.json({ code: 'unauthenticated', status: 401 }, { status: 401 });
  const repeat = request.clone();
  const response = await send(withToken(request, token));
  if (response.status !== 401) return response;
  const renewed = await authority.renewed(token);
  return renewed === null ? response : send(withToken(repeat, renewed));
}

function withToken(request: Request, token: string): Request {
  request.headers.set('authorization', `Bearer ${token}`);
  return request;
}

/** The typed client of all endpoints, from openapi.json. `unwrap` takes the answer out. */
export const api = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: (request) => authorizedFetch(request),
});

/** A client that sends no token, for signing in and out. */
export const publicApi = createClient<paths>({ baseUrl: window.location.origin });

/**
 * The body of a successful answer; the JSON of an answer that could also be a file.
 * @throws {ApiProblem} for every other answer, and for none (`network`); the AbortError of a read that was cancelled, as it is:
 * Pinia Colada knows it by that
 */
export async function unwrap<T>(
  call: Promise<{ data?: T; error?: unknown; response: Response }>,
): Promise<Exclude<T, string>> {
  let answer;
  try {
    answer = await call;
  } catch (error) {
    if (isAborted(error)) throw error;
    throw toProblem(error);
  }
  if (!answer.response.ok) throw await readProblem(answer.response, answer.error);
  return answer.data as Exclude<T, string>;
}

/** Headers of a write. One key per intention: the same for each repeat of it. */
export const keyed = (key: string) => ({ 'idempotency-key': key });

/** A random key. `crypto.randomUUID` exists only on https and localhost; a till in a shop may be neither. */
export const newKey = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
    '',
  );
