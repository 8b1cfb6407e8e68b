import { createClient } from '@redis/client';
import type { Rival } from './rival.ts';

/** The set of the free codes of a book. */
export const keyOf = (bookId: string) => `book:${bookId}`;

/**
 * Redis SPOP, what people use for flash sales: the free codes are a set, and a claim takes a random member. Reviewed: one connection, on
 * which the client sends commands without waiting for answers (what Redis advises), appendfsync everysec: up to a second of acknowledged
 * claims is lost with the machine. Who got the code is not written down, there is no limit and no event: each would be another command.
 */
export async function openRedisRival(): Promise<Rival> {
  const client = await createClient({ url: process.env.BENCH_REDIS_URL })
    .on('error', (error) => console.error(error))
    .connect();
  return {
    claim: (bookId) => client.sPop(keyOf(bookId)),
    close: async () => client.destroy(),
  };
}
