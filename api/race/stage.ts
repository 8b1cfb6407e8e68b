import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, forEachOf } from './client.ts';

/** A name that no other run has, for the book and the e-mails of the users. */
export const newRunName = () => `race-${randomBytes(5).toString('hex')}`;

export async function signIn(
  client: Client,
  { email, password }: { email: string; password: string },
): Promise<void> {
  const { body } = await client.require<{ accessToken: string }>('/api/v1/auth/login', {
    body: { email, password },
  });
  client.authorize(body.accessToken);
}

export async function createBook(
  client: Client,
  name: string,
  limit: number,
  codes: number,
): Promise<string> {
  const { body } = await client.require<{ id: string }>('/api/v1/books', {
    body: { name, maxAssignmentsPerUser: limit, lockTtlSeconds: 300 },
  });
  const made = await client.require<{ id: string; status: string }>(
    `/api/v1/books/${body.id}/codes/generate`,
    {
      body: { count: codes, pattern: '####-####-####' },
    },
  );
  if (made.status === 202) await untilFinished(client, made.body.id);
  return body.id;
}

async function untilFinished(client: Client, jobId: string): Promise<void> {
  for (;;) {
    const { body } = await client.require<{ status: string }>(`/api/v1/jobs/${jobId}`);
    if (body.status === 'completed') return;
    if (body.status === 'failed' || body.status === 'cancelled')
      throw new Error(`The codes were not made: the job ${body.status}.`);
    await delay(200);
  }
}

/** Without passwords, which take a quarter of a second each to hash: the administrator acts for them. */
export async function createUsers(client: Client, name: string, count: number): Promise<string[]> {
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  return forEachOf(numbers, 32, async (number) => {
    const { body } = await client.require<{ id: string }>('/api/v1/users', {
      body: { email: `${name}-${number}@example.test`, name: `Racer ${number}` },
      headers: { 'idempotency-key': randomUUID() },
    });
    return body.id;
  });
}

/** What must not stay usable on a service that lives on. */
export async function retire(
  client: Client,
  { bookIds, userIds }: { bookIds: string[]; userIds: string[] },
): Promise<void> {
  for (const id of bookIds)
    await client.require(`/api/v1/books/${id}`, { method: 'PATCH', body: { archived: true } });
  await forEachOf(userIds, 32, (id) =>
    client.require(`/api/v1/users/${id}`, { method: 'PATCH', body: { disabled: true } }),
  );
}
