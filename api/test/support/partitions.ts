import pg from 'pg';

/** The tables of a book: what a database that is split by book splits. */
const BOOK_TABLES = [
  'coupons',
  'book_user_counters',
  'events',
  'redemption_history',
  'book_counts',
  'book_redemption_counts',
  'book_count_deltas',
  'lock_ends',
];
const PARTITIONS = 4;

/** Splits the tables of books by the hash of the book, as a stand-in for several databases: keys, foreign keys and triggers as they were. */
export async function partitionByBook(databaseUrl: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  const definitions = async (query: string) =>
    (await client.query<{ definition: string }>(query, [BOOK_TABLES])).rows.map(
      ({ definition }) => definition,
    );
  const foreignKeys = await definitions(`
    SELECT format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS definition
    FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY ($1::regclass[])`);
  const triggers = await definitions(
    `SELECT pg_get_triggerdef(oid) AS definition FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = ANY ($1::regclass[])`,
  );
  for (const table of BOOK_TABLES) {
    await client.query(`ALTER TABLE ${table} RENAME TO ${table}_whole`);
    await client.query(
      `CREATE TABLE ${table} (LIKE ${table}_whole INCLUDING ALL) PARTITION BY HASH (book_id)`,
    );
    for (let n = 0; n < PARTITIONS; n += 1)
      await client.query(
        `CREATE TABLE ${table}_p${n} PARTITION OF ${table} FOR VALUES WITH (MODULUS ${PARTITIONS}, REMAINDER ${n})`,
      );
  }
  for (const table of BOOK_TABLES) await client.query(`DROP TABLE ${table}_whole CASCADE`);
  for (const definition of [...foreignKeys, ...triggers]) await client.query(definition);
  await client.end();
}

/** The partitions in the plan of a statement: `coupons_p2`, … */
export async function partitionsOf(
  client: pg.Client,
  text: string,
  parameters: unknown[],
): Promise<string[]> {
  const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${text}`, parameters);
  return [...new Set(JSON.stringify(rows).match(/"Relation Name":"\w+_p\d"/g) ?? [])].map((found) =>
    found.slice('"Relation Name":"'.length, -1),
  );
}
