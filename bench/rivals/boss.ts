import { PgBoss } from 'pg-boss';
import { directUrl } from './direct-url.ts';
import type { Rival } from './rival.ts';

const BOSS_SCHEMA = 'bench_boss';

/** pg-boss as it is set up for this: its tables are made, and nothing runs beside the fetches. */
export function createBoss(connectionString: string): PgBoss {
  const boss = new PgBoss({ connectionString, schema: BOSS_SCHEMA, supervise: false, schedule: false });
  boss.on('error', (error) => console.error(error));
  return boss;
}

/**
 * A job queue as a pool of coupons: each coupon is a job, and to claim one is to fetch a job. Reviewed: its own pool of 10 connections,
 * one fetch a request (each request waits for its own), and no `complete`, which would be a second statement; to keep a coupon for good
 * would need it. Who got it is not written down.
 */
export async function openBossRival(): Promise<Rival> {
  const boss = createBoss(directUrl());
  await boss.start();
  return {
    async claim(bookId) {
      const [job] = await boss.fetch<{ code: string }>(bookId);
      return job?.data.code ?? null;
    },
    close: () => boss.stop({ graceful: false }),
  };
}
