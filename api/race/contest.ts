import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, HttpAnswer } from './client.ts';

/** By then what was told 503 has been done, or never is. */
const LOOK_AFTER_MS = 1_000;

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

/**
 * Fires claims of a book at once, without Idempotency-Keys. Who is told 503 cannot know whether it was done: when all others have
 * their answers, it looks whether it owns a coupon that it was not told of, and only if not asks again.
 */
export async function fireWithoutKeys(
  client: Client,
  bookId: string,
  userIds: readonly string[],
): Promise<Round> {
  const startedAt = performance.now();
  const path = '/api/v1/coupons/assign/random';
  const claim = async (userId: string): Promise<Try> => {
    const body = { bookId, userId };
    return { userId, key: '', path, body, answer: await client.send(path, { body, unsafe: true }) };
  };
  const tries = await Promise.all(userIds.map(claim));
  const seconds = (performance.now() - startedAt) / 1000;
  for (const [index, { userId }] of tries.entries()) {
    while (tries[index]!.answer.status === 503) {
      await delay(LOOK_AFTER_MS);
      const told = new Set(
        tries.filter((one) => one.userId === userId).map(({ answer }) => answer.body.code),
      );
      const { body, ...answer } = await client.require<{ items: CouponAnswer[] }>(
        `/api/v1/books/${bookId}/coupons?limit=200&userId=${userId}`,
      );
      const untold = body.items.find(({ code }) => !told.has(code));
      tries[index] = untold ? { ...tries[index]!, answer: { ...answer, body: untold } } : await claim(userId);
    }
  }
  return { tries, seconds };
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
