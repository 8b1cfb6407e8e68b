import { setTimeout as delay } from 'node:timers/promises';
import { signTokens } from '../../api/race/tokens.ts';
import type { Product } from './product.ts';

/** How often the job is asked for: what a turn may be too long. */
const POLL_MS = 50;

interface Job {
  id: string;
  status: string;
  result: Record<string, unknown>;
}

/** The access token of the administrator that the server made at its start. It is valid for a quarter of an hour. */
export async function signAdminToken({ sql, databaseUrl }: Product): Promise<string> {
  const { rows } = await sql.query<{ id: string }>("SELECT id FROM users WHERE role = 'ADMIN' LIMIT 1");
  return (await signTokens(databaseUrl, [rows[0]!.id], 'ADMIN'))[0]!;
}

/**
 * Starts long work and waits until it is done.
 * @returns its result
 * @throws when the request is refused, or the job does not complete
 */
export async function runJob(
  product: Product,
  path: string,
  body: object | Buffer,
): Promise<Record<string, unknown>> {
  const headers = { authorization: `Bearer ${await signAdminToken(product)}` };
  const ask = async (url: string, init: RequestInit = {}): Promise<Job> => {
    const response = await fetch(`${product.server.url}/api/v1/${url}`, {
      ...init,
      headers: { ...headers, ...(init.headers as Record<string, string> | undefined) },
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${url}: ${response.status} ${text}`);
    return JSON.parse(text) as Job;
  };
  const [type, bytes] = Buffer.isBuffer(body)
    ? ['text/csv', body]
    : ['application/json', JSON.stringify(body)];
  let job = await ask(path, {
    method: 'POST',
    body: bytes,
    headers: { 'content-type': type, prefer: 'respond-async' },
  });
  while (job.status === 'queued' || job.status === 'running') {
    await delay(POLL_MS);
    job = await ask(`jobs/${job.id}`);
  }
  if (job.status !== 'completed') throw new Error(`${path}: the job ${job.status}: ${JSON.stringify(job)}`);
  return job.result;
}
