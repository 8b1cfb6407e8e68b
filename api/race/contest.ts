import { randomUUID } from 'node:crypto';
import type { Client, HttpAnswer } from './client.ts';

/** A coupon, or a problem. */
export interface CouponAnswer {
  code: string;
  state: string;
  ownerId: string;
}

export interface Try {
  userId: string;
  key: string;
  path: string;
  body: object;
  answer: HttpAnswer<CouponAnswer>;
}

export interface Round {
  tries: Try[];
  seconds: number;
}

/** Fires all requests at once, spread over the nodes, each with an Idempotency-Key of its own. */
export async function fire(
  client: Client,
  requests: readonly { path: string; userId: string; body?: object }[],
): Promise<Round> {
  const startedAt = performance.now();
  const tries = await Promise.all(
    requests.map(async ({ path, userId, body: more }): Promise<Try> => {
      const key = randomUUID();
      const body = { ...more, userId };
      const answer = await client.send<CouponAnswer>(path, { body, headers: { 'idempotency-key': key } });
      return { userId, key, path, body, answer };
    }),
  );
  return { tries, seconds: (performance.now() - startedAt) / 1000 };
}

/** The same requests again, with the same keys. */
export async function repeat(client: Client, tries: readonly Try[]): Promise<HttpAnswer[]> {
  return Promise.all(
    tries.map(({ path, body, key }) => client.send(path, { body, headers: { 'idempotency-key': key } })),
  );
}

export const succeeded = ({ tries }: Round): Try[] => tries.filter(({ answer }) => answer.status === 200);

/** How often each outcome came: `200`, or the status and code of a problem. */
export function outcomes({ tries }: Round): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { answer } of tries) {
    const outcome = answer.status === 200 ? '200' : `${answer.status} ${answer.body?.code ?? ''}`.trim();
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }
  return counts;
}
