import { readFileSync } from 'node:fs';
import { createClient } from '@redis/client';
import pg from 'pg';
import { createBoss } from './boss.ts';
import { keyOf } from './redis.ts';

/** Fills what the rivals claim from: one book of coupons for each. */

/** The table of the rivals that use SQL, which belongs to the role that the product has. */
export async function stockTable(databaseUrl: string, bookId: string, count: number): Promise<void> {
  const sql = new pg.Client(databaseUrl);
  await sql.connect();
  await sql.query(readFileSync(new URL('schema.sql', import.meta.url), 'utf8'));
  await sql.query('SELECT setseed(0.5)');
  await sql.query(
    "INSERT INTO rivals.coupons (book_id, code) SELECT $1, 'R-' || n FROM generate_series(0, $2::int - 1) n",
    [bookId, count],
  );
  await sql.query('VACUUM ANALYZE rivals.coupons');
  await sql.end();
}

export async function stockBoss(databaseUrl: string, bookId: string, count: number): Promise<void> {
  const boss = createBoss(databaseUrl);
  await boss.start();
  await boss.createQueue(bookId);
  const SOME = 10_000;
  for (let from = 0; from < count; from += SOME) {
    const jobs = Array.from({ length: Math.min(SOME, count - from) }, (_, n) => ({
      data: { code: `B-${from + n}` },
    }));
    await boss.insert(bookId, jobs);
  }
  await boss.stop({ graceful: false });
}

export async function stockRedis(url: string, bookId: string, count: number): Promise<void> {
  const client = await createClient({ url }).connect();
  const SOME = 10_000;
  for (let from = 0; from < count; from += SOME) {
    await client.sAdd(
      keyOf(bookId),
      Array.from({ length: Math.min(SOME, count - from) }, (_, n) => `S-${from + n}`),
    );
  }
  client.destroy();
}

/** How many codes Redis has left. */
export async function countRedis(url: string, bookId: string): Promise<number> {
  const client = await createClient({ url }).connect();
  try {
    return await client.sCard(keyOf(bookId));
  } finally {
    client.destroy();
  }
}
