import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { openDatabase } from '../src/database/connection.ts';
import { accessTokens } from '../src/plugins/access-tokens.ts';
import { signingKeys } from '../src/plugins/signing-keys.ts';

const USERS = 5_000;

export interface OwnedCoupon {
  code: string;
  owner: number;
}

export interface FiguresStage {
  bookId: string;
  /** Of each user. */
  tokens: string[];
  assigned: OwnedCoupon[];
  locked: OwnedCoupon[];
}

/**
 * One book with `each` coupons to assign, as many to lock and as many to redeem, spread over 5,000 users, straight into the database:
 * the figures are of single commands, not of how coupons got where they are.
 */
export async function setFiguresStage(databaseUrl: string, each: number): Promise<FiguresStage> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  try {
    const prefix = randomBytes(4).toString('hex').toUpperCase();
    const users = await client.query<{ id: string }>(
      `INSERT INTO users (email) SELECT 'figures-' || n || '-${prefix.toLowerCase()}@example.test' FROM generate_series(1, $1) n RETURNING id`,
      [USERS],
    );
    const ids = users.rows.map(({ id }) => id);
    const book = await client.query<{ id: string }>(
      `INSERT INTO books (name, max_assignments_per_user, max_redemptions, lock_ttl_seconds)
       VALUES ('figures ${prefix}', 1000000, 1, 86400) RETURNING id`,
    );
    const bookId = book.rows[0]!.id;
    for (const [letter, columns, values] of [
      ['U', '', ''],
      [
        'A',
        ', state, assigned_user_id, assigned_at',
        ", 'ASSIGNED', ($3::uuid[])[1 + n % $4], clock_timestamp()",
      ],
      [
        'L',
        ', state, assigned_user_id, assigned_at, locked_by_user_id, locked_at, lock_expires_at',
        ", 'LOCKED', ($3::uuid[])[1 + n % $4], clock_timestamp(), ($3::uuid[])[1 + n % $4], clock_timestamp(), " +
          "clock_timestamp() + interval '1 day'",
      ],
    ] as const) {
      await client.query(
        `INSERT INTO coupons (book_id, code${columns}) SELECT $1, '${prefix}-${letter}-' || n${values} FROM generate_series(0, $2 - 1) n`,
        values === '' ? [bookId, each] : [bookId, each, ids, USERS],
      );
    }
    await client.query(
      'INSERT INTO book_user_counters (book_id, user_id, assigned) SELECT $1, unnest($2::uuid[]), $3',
      [bookId, ids, Math.ceil((2 * each) / USERS)],
    );
    await client.query('VACUUM ANALYZE');
    await client.query('CHECKPOINT');

    const owned = (letter: string) =>
      Array.from({ length: each }, (_, n) => ({ code: `${prefix}-${letter}-${n}`, owner: n % USERS }));
    return { bookId, tokens: await sign(databaseUrl, ids), assigned: owned('A'), locked: owned('L') };
  } finally {
    await client.end();
  }
}

/** As the server does: the keys are in the database. Signing in would take a quarter of a second each. */
async function sign(databaseUrl: string, ids: string[]): Promise<string[]> {
  const db = openDatabase({
    url: () => databaseUrl,
    poolSize: 2,
    maxWaiting: 10,
    acquireTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
    onIdleError: () => undefined,
    onReturn: () => undefined,
  });
  const tokens = accessTokens(signingKeys(db, () => undefined));
  try {
    return await Promise.all(ids.map((id) => tokens.sign({ id, role: 'USER' })));
  } finally {
    await db.destroy();
  }
}
