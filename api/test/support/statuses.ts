import type { LightMyRequestResponse } from 'fastify';

/** The statuses of so many requests, one after the other. */
export async function statusesInTurn(
  count: number,
  request: (index: number) => Promise<LightMyRequestResponse>,
): Promise<number[]> {
  const statuses = [];
  for (let index = 0; index < count; index += 1) statuses.push((await request(index)).statusCode);
  return statuses;
}
