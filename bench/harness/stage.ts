import type pg from 'pg';

/** Always the same ids and random keys, so that two runs do the same. */
const idOf = (name: string) => `md5('bench ' || ${name})::uuid`;
const SEED = 'SELECT setseed(0.5)';

/** @returns their ids, in the order of their numbers */
export async function addUsers(sql: pg.Client, count: number, name = 'user'): Promise<string[]> {
  const { rows } = await sql.query<{ id: string }>(
    `INSERT INTO users (id, email)
     SELECT ${idOf("$2::text || ' ' || n")}, $2 || '-' || n || '@example.test' FROM generate_series(0, $1::int - 1) n RETURNING id`,
    [count, name],
  );
  return rows.map(({ id }) => id);
}

/** What a book gives to one user: nobody reaches it, so that its check is part of the work. */
export const LIMIT = 1_000_000;

export async function addBook(sql: pg.Client, name: string): Promise<string> {
  const { rows } = await sql.query<{ id: string }>(
    `INSERT INTO books (id, name, max_assignments_per_user, max_redemptions, lock_ttl_seconds)
     VALUES (${idOf('$1::text')}, $1, ${LIMIT}, 1, 86400) RETURNING id`,
    [name],
  );
  return rows[0]!.id;
}

/** Counts these users as ones who have all that the book gives to one: each of their requests is refused. */
export async function exhaustLimit(
  sql: pg.Client,
  bookId: string,
  userIds: readonly string[],
): Promise<void> {
  await sql.query(
    `INSERT INTO book_user_counters (book_id, user_id, assigned) SELECT $1, unnest($2::uuid[]), ${LIMIT}`,
    [bookId, userIds],
  );
}

export interface CouponsToAdd {
  bookId: string;
  /** Codes are this and a number from 0. */
  prefix: string;
  count: number;
  state?: 'UNASSIGNED' | 'ASSIGNED' | 'LOCKED';
  /** Whom coupon n belongs to: n modulo their number. */
  owners?: readonly string[];
}

/** Straight into the database: a benchmark of single commands does not ask how coupons got where they are. */
export async function addCoupons(
  sql: pg.Client,
  { bookId, prefix, count, state = 'UNASSIGNED', owners = [] }: CouponsToAdd,
): Promise<void> {
  await sql.query(SEED);
  const owner = '($4::uuid[])[1 + n % cardinality($4::uuid[])]';
  const isOwned = "CASE WHEN $5 <> 'UNASSIGNED' THEN";
  const isLocked = "CASE WHEN $5 = 'LOCKED' THEN";
  await sql.query(
    `INSERT INTO coupons (book_id, code, state, assigned_user_id, assigned_at, locked_by_user_id, locked_at, lock_expires_at)
     SELECT $1, $2 || n, $5::text::coupon_state, ${isOwned} ${owner} END, ${isOwned} clock_timestamp() END,
            ${isLocked} ${owner} END, ${isLocked} clock_timestamp() END, ${isLocked} clock_timestamp() + interval '1 day' END
     FROM generate_series(0, $3::int - 1) n`,
    [bookId, prefix, count, owners, state],
  );
  if (state === 'UNASSIGNED') return;
  await sql.query(
    `INSERT INTO book_user_counters AS c (book_id, user_id, assigned)
     SELECT $1, user_id, $3::int FROM unnest($2::uuid[]) AS o(user_id)
     ON CONFLICT (book_id, user_id) DO UPDATE SET assigned = c.assigned + EXCLUDED.assigned`,
    [bookId, owners, Math.ceil(count / owners.length)],
  );
}

/** A pool of so many new users. */
export async function addPool(sql: pg.Client, count: number): Promise<string> {
  const users = await addUsers(sql, count, `member-of-${count}`);
  const { rows } = await sql.query<{ id: string }>(
    'INSERT INTO user_pools (name, member_count) VALUES ($1, $2) RETURNING id',
    [`${count} users`, count],
  );
  await sql.query('INSERT INTO pool_users (pool_id, user_id) SELECT $1, unnest($2::uuid[])', [
    rows[0]!.id,
    users,
  ]);
  return rows[0]!.id;
}

/** As after a quiet night: statistics are there, and no checkpoint is due. */
export async function settleDown(sql: pg.Client): Promise<void> {
  await sql.query('SELECT pg_stat_force_next_flush()'); // Or what was just added is counted again after VACUUM has counted it.
  await sql.query('VACUUM ANALYZE');
  await sql.query('CHECKPOINT');
}

/** What is stored of coupons, by any version: an older one has not all of these tables. */
const TABLES_OF_COUPONS = [
  'coupons',
  'coupon_codes',
  'unregistered_coupons',
  'lock_ends',
  'redemption_history',
  'events',
  'unnamed_events',
  'book_user_counters',
  'book_counts',
  'book_count_deltas',
  'book_redemption_counts',
  'jobs',
  'upload_parts',
];

/** Empties the tables of coupons. Users, pools and books stay. */
export async function emptyTables(sql: pg.Client): Promise<void> {
  const { rows } = await sql.query<{ name: string }>(
    'SELECT name FROM unnest($1::text[]) name WHERE to_regclass(name) IS NOT NULL',
    [TABLES_OF_COUPONS],
  );
  const tables = rows.map(({ name }) => name);
  // Some of these tables refuse to be emptied.
  const switchTriggers = (how: 'DISABLE' | 'ENABLE') =>
    tables.map((table) => `ALTER TABLE ${table} ${how} TRIGGER USER;`).join(' ');
  await sql.query(`
    BEGIN; ${switchTriggers('DISABLE')} TRUNCATE ${tables.join(', ')} CASCADE; ${switchTriggers('ENABLE')} COMMIT`);
}
