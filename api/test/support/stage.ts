import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { openTokens } from '../../race/tokens.ts';

export interface StagedUser {
  id: string;
  email: string;
  headers: { authorization: string };
}

export interface Stage {
  bookId: string;
  codes: string[];
  users: StagedUser[];
  admin: StagedUser;
}

/** A book with coupons, and users who are signed in, straight into the (migrated) database. */
export async function setStage(
  databaseUrl: string,
  { users, codes, limit = 1 }: { users: number; codes: number; limit?: number },
): Promise<Stage> {
  const names = Array.from({ length: codes }, () => `C-${randomBytes(8).toString('hex').toUpperCase()}`);
  const emails = Array.from({ length: users }, () => `user-${randomUUID()}@example.test`);
  const [{ id: bookId }] = await rowsOf<{ id: string }>(
    databaseUrl,
    'INSERT INTO books (name, max_assignments_per_user, max_redemptions, lock_ttl_seconds) VALUES ($1, $2, 1, 300) RETURNING id',
    [`book ${randomUUID()}`, limit],
  );
  await rowsOf(databaseUrl, 'INSERT INTO coupons (book_id, code) SELECT $1, unnest($2::text[])', [
    bookId,
    names,
  ]);
  const insert = 'INSERT INTO users (email, role) SELECT unnest($1::text[]), $2 RETURNING id, email';
  const [adminRow] = await rowsOf<{ id: string; email: string }>(databaseUrl, insert, [
    [`admin-${randomUUID()}@example.test`],
    'ADMIN',
  ]);
  const rows = await rowsOf<{ id: string; email: string }>(databaseUrl, insert, [emails, 'USER']);
  const tokens = openTokens(databaseUrl);
  try {
    return {
      bookId,
      codes: names,
      users: await Promise.all(rows.map(async (row) => ({ ...row, headers: await tokens.headers(row.id) }))),
      admin: { ...adminRow, headers: await tokens.headers(adminRow.id, 'ADMIN') },
    };
  } finally {
    await tokens.close();
  }
}

/** The rows of one statement, on a connection of its own. */
export async function rowsOf<T extends object>(
  databaseUrl: string,
  statement: string,
  values: unknown[] = [],
): Promise<[T, ...T[]]> {
  const client = new pg.Client(databaseUrl);
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(statement, values)).rows as [T, ...T[]];
  } finally {
    await client.end();
  }
}
