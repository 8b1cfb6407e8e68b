import type pg from 'pg';
import { beginHolding } from './hold-tables.ts';
import { OLD_APPLICATION } from './session.ts';

/** Coupons of one step: a tenth of a second. */
const STEP_COUPONS = 10_000;

/**
 * Registers the coupons that were there before the register was (migration 0028), some at a time: nobody waits longer than for one
 * step, and one that is interrupted is gone on with by the next call. The version of before may be running meanwhile.
 */
async function fillRegister(client: pg.Client): Promise<void> {
  for (let isDone = false; !isDone;) {
    await client.query('BEGIN');
    // Whoever removes coupons waits; see register_codes.
    await client.query(`SELECT pg_advisory_xact_lock('coupon_codes'::regclass::oid::integer, 1)`);
    const { rows: bounds } = await client.query<{ registeredTo: string; lastId: string }>(
      'SELECT registered_to AS "registeredTo", last_id AS "lastId" FROM unregistered_coupons FOR UPDATE',
    );
    const { registeredTo, lastId } = bounds[0]!;
    // The bounds are values: joined to their table, PostgreSQL reads and sorts all that is left for each step.
    const { rows } = await client.query<{ isDone: boolean }>(
      `WITH step AS (
         SELECT id, book_id, code FROM coupons WHERE id > $2 AND id <= $3 ORDER BY id LIMIT $1),
       added AS (INSERT INTO coupon_codes (coupon_id, book_id, code) SELECT * FROM step)
       UPDATE unregistered_coupons SET registered_to = coalesce((SELECT max(id) FROM step), last_id)
       RETURNING registered_to = last_id AS "isDone"`,
      [STEP_COUPONS, registeredTo, lastId],
    );
    await client.query('COMMIT');
    isDone = rows[0]!.isDone;
  }
}

/**
 * The keys and indexes of migration 0029, each built beside the commands that go on, so that in the end only their names have to change.
 * Keys lead with the book. No index of coupons has a column that locking and redeeming change.
 */
const NEW_INDEXES = {
  coupons_key: 'UNIQUE coupons (book_id, id)',
  coupons_free: 'coupons (book_id, random_key) WHERE assigned_user_id IS NULL',
  events_key: 'UNIQUE events (book_id, coupon_id, id)',
  events_by_id: 'events (id)',
  redemption_history_key: 'UNIQUE redemption_history (book_id, coupon_id, id)',
  redemption_history_by_id: 'redemption_history (id)',
  redemption_history_once:
    'UNIQUE redemption_history (book_id, coupon_id, redemption_number) WHERE rollback_of IS NULL',
  redemption_history_rolled_back_once:
    'UNIQUE redemption_history (book_id, coupon_id, rollback_of) WHERE rollback_of IS NOT NULL',
};

/** The foreign keys of the history, by the new keys. Added without a look at the rows that are there, which comes after. */
const NEW_FOREIGN_KEYS = {
  redemption_history_coupon: '(book_id, coupon_id) REFERENCES coupons (book_id, id)',
  redemption_history_rollback_of:
    '(book_id, coupon_id, rollback_of) REFERENCES redemption_history (book_id, coupon_id, id)',
};

/** What the version of before needs, and this one does not. One change a statement: a distributed PostgreSQL takes no more. */
const REMOVE_OLD_SHAPE = `
  ALTER TABLE redemption_history DROP CONSTRAINT redemption_history_coupon_id_fkey;
  ALTER TABLE redemption_history DROP CONSTRAINT redemption_history_rollback_of_fkey;
  ALTER TABLE redemption_history DROP CONSTRAINT redemption_history_rollback_of_key;
  ALTER TABLE redemption_history DROP CONSTRAINT redemption_history_pkey;
  ALTER TABLE redemption_history ADD CONSTRAINT redemption_history_pkey PRIMARY KEY USING INDEX redemption_history_key;
  DROP INDEX redemption_history_number;
  DROP INDEX redemption_history_by_coupon;
  ALTER TABLE events DROP CONSTRAINT events_pkey;
  ALTER TABLE events ADD CONSTRAINT events_pkey PRIMARY KEY USING INDEX events_key;
  DROP INDEX events_by_coupon;
  ALTER TABLE coupons DROP CONSTRAINT coupons_pkey;
  ALTER TABLE coupons ADD CONSTRAINT coupons_pkey PRIMARY KEY USING INDEX coupons_key;
  ALTER TABLE coupons DROP CONSTRAINT coupons_code_key;
  DROP INDEX coupons_unassigned;
  DROP INDEX coupons_by_book_and_state;
  DROP INDEX coupons_locked;`;

/**
 * Brings tables that are too large to be changed at once to the shape of migrations 0028 and 0029, while the version of before goes on:
 * fills the register, builds the new keys and indexes beside commands, and removes the old ones when nobody uses them any more.
 * Interrupted, it is gone on with by the next call. Does nothing when it was done before.
 */
export async function reshape(client: pg.Client): Promise<void> {
  const has = async (name: string) =>
    (await client.query<{ found: boolean }>('SELECT to_regclass($1) IS NOT NULL AS found', [name])).rows[0]!
      .found;
  if (!(await has('coupons_code_key'))) return;
  await fillRegister(client);
  for (const [name, definition] of Object.entries(NEW_INDEXES)) await buildIndex(client, name, definition);
  for (const [name, definition] of Object.entries(NEW_FOREIGN_KEYS)) {
    const { rows } = await client.query('SELECT FROM pg_constraint WHERE conname = $1', [name]);
    if (rows.length === 0) {
      await beginHolding(client, ['coupons', 'redemption_history']);
      await client.query(
        `ALTER TABLE redemption_history ADD CONSTRAINT ${name} FOREIGN KEY ${definition} NOT VALID`,
      );
      await client.query('COMMIT');
    }
    await client.query(`ALTER TABLE redemption_history VALIDATE CONSTRAINT ${name}`);
  }
  if (await isOldVersionRunning(client)) return;
  await beginHolding(client, ['coupons', 'events', 'redemption_history']);
  await client.query(REMOVE_OLD_SHAPE);
  await client.query('COMMIT');
}

/** One that was interrupted leaves an index that is not valid: it is built anew. */
async function buildIndex(client: pg.Client, name: string, definition: string): Promise<void> {
  const { rows } = await client.query<{ valid: boolean }>(
    'SELECT indisvalid AS valid FROM pg_index WHERE indexrelid = to_regclass($1)',
    [name],
  );
  if (rows[0]?.valid) return;
  if (rows[0]) await client.query(`DROP INDEX CONCURRENTLY ${name}`);
  const unique = definition.startsWith('UNIQUE ') ? 'UNIQUE ' : '';
  const on = definition.slice(unique.length);
  await client.query(`CREATE ${unique}INDEX CONCURRENTLY ${name} ON ${on}`);
}

/** Processes keep connections open, and say their version. */
async function isOldVersionRunning(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    `SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = $1 LIMIT 1`,
    [OLD_APPLICATION],
  );
  return rows.length > 0;
}
