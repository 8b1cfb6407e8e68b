import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { GIVE_UP_MS } from './eventually.ts';
import { replay } from './replay.ts';
import { rowsOf, type Stage, type StagedUser } from './stage.ts';

const WORKERS = 32;

export interface Journeys {
  /** How many commands have been answered with 200 so far. */
  acknowledged: () => number;
  /** How many attempts got no answer, or were told to come again. */
  interrupted: () => number;
  /** The statuses of attempts that were interrupted with an answer, and what they carried. */
  refusals: { status: number; code: string; retryAfter: string | null }[];
  /** Resolves when every user has been given, has locked and has redeemed a coupon. Rejects at the first wrong answer. */
  finished: Promise<void>;
}

/**
 * Every user gets a coupon, locks it and redeems it, 32 users at a time. What gets no answer, or 503, is sent again with the same
 * Idempotency-Key until it is answered; what has been acknowledged is never repeated, so that its loss would show.
 * @param url where the server is now; it may move
 */
export function startJourneys(url: () => string, { bookId, users }: Stage): Journeys {
  let acknowledged = 0;
  let interrupted = 0;
  const refusals: Journeys['refusals'] = [];
  const waiting = users.values();

  async function command(
    path: string,
    body: object,
    { headers }: StagedUser,
  ): Promise<{ code: string; state: string }> {
    const key = randomUUID();
    for (const deadline = performance.now() + GIVE_UP_MS; performance.now() < deadline; await delay(100)) {
      const response = await fetch(`${url()}/api/v1/coupons/${path}`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify(body),
      }).catch(() => undefined);
      const text = await response?.text().catch(() => undefined);
      if (response && text !== undefined) {
        const answer = JSON.parse(text) as { code: string; state: string };
        if (response.status === 200) {
          acknowledged += 1;
          return answer;
        }
        refusals.push({
          status: response.status,
          code: answer.code,
          retryAfter: response.headers.get('retry-after'),
        });
        // A repeat can meet its own first attempt, still running on the server it was sent to.
        if (response.status !== 503 && !response.headers.has('retry-after')) {
          throw new Error(`${path.split('/')[0]} answered ${response.status}: ${text}`);
        }
      }
      interrupted += 1;
    }
    throw new Error(`${path.split('/')[0]} got no answer within ${GIVE_UP_MS} ms`);
  }

  async function worker(): Promise<void> {
    for (const user of waiting) {
      const { code } = await command('assign/random', { bookId }, user);
      expect(await command(`lock/${code}`, {}, user)).toMatchObject({ code, state: 'LOCKED' });
      expect(await command(`redeem/${code}`, {}, user)).toMatchObject({ code, state: 'REDEEMED' });
    }
  }

  const finished = Promise.all(Array.from({ length: WORKERS }, worker)).then(() => undefined);
  finished.catch(() => undefined); // Whoever awaits it sees it; until then it is no unhandled rejection.
  return { acknowledged: () => acknowledged, interrupted: () => interrupted, refusals, finished };
}

/** After all journeys: each user redeemed one coupon, once, and every trace of it agrees. */
export async function expectEachUserRedeemedOnce(
  databaseUrl: string,
  { bookId, users }: Stage,
): Promise<void> {
  const [counts] = await rowsOf<Record<string, number>>(
    databaseUrl,
    `SELECT (SELECT count(*)::int FROM coupons WHERE book_id = $1 AND state = 'REDEEMED') AS redeemed,
            (SELECT count(DISTINCT assigned_user_id)::int FROM coupons WHERE book_id = $1) AS owners,
            (SELECT count(*)::int FROM coupons WHERE book_id = $1 AND assigned_user_id IS NOT NULL) AS assigned,
            (SELECT count(*)::int FROM redemption_history WHERE book_id = $1) AS redemptions,
            (SELECT sum(assigned)::int FROM book_user_counters WHERE book_id = $1) AS counted,
            (SELECT count(*)::int FROM events WHERE book_id = $1) AS events`,
    [bookId],
  );
  const n = users.length;
  expect(counts).toEqual({ redeemed: n, owners: n, assigned: n, redemptions: n, counted: n, events: 3 * n });

  const histories = await rowsOf<{ events: { type: string; data: Record<string, unknown> | null }[] }>(
    databaseUrl,
    `SELECT json_agg(json_build_object('type', type, 'data', data) ORDER BY id) AS events
     FROM events WHERE book_id = $1 GROUP BY coupon_id`,
    [bookId],
  );
  for (const { events } of histories) expect(replay(events)).toEqual({ state: 'REDEEMED' });
}
