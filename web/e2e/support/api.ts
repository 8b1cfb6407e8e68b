import createClient from 'openapi-fetch';
import { randomUUID } from 'node:crypto';
import type { components, paths } from '../../src/api/schema.d.ts';

export type Schemas = components['schemas'];

export interface Account {
  email: string;
  password: string;
}

export type Api = Awaited<ReturnType<typeof openApi>>;

/** The API itself as somebody who is signed in, to set the scene and to see what came of it. Each write has a key of its own. */
export async function openApi(url: string, { email, password }: Account) {
  const stranger = createClient<paths>({ baseUrl: url });
  const signIn = async () => {
    const { accessToken, expiresIn } = await ok(
      stranger.POST('/api/v1/auth/login', { body: { email, password } }),
    );
    return { accessToken, renewAt: performance.now() + (expiresIn * 1000) / 2 };
  };
  let signedIn = await signIn();
  const client = createClient<paths>({ baseUrl: url });
  client.use({
    async onRequest({ request }) {
      // A worker's tests can take longer than a token lasts.
      if (performance.now() > signedIn.renewAt) signedIn = await signIn();
      request.headers.set('authorization', `Bearer ${signedIn.accessToken}`);
      if (request.method !== 'GET') request.headers.set('idempotency-key', randomUUID());
    },
  });
  return client;
}

/** The body of a successful answer; throws what any other says. */
export async function ok<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await call;
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}: ${JSON.stringify(error)}`);
  return data as T;
}
