import type pg from 'pg';

/** Coupons of one step: a tenth of a second. */
const STEP_COUPONS = 10_000;

/**
 * Registers the coupons that were there before the register was (migration 0028), some at a time: nobody waits longer than for one
 * step, and one that is interrupted is gone on with by the next call. The version of before may be running meanwhile.
 */
export async function fillRegister(client: pg.Client): Promise<void> {
  for (let isDone = false; !isDone;) {
    await client.query('BEGIN');
    // Whoever removes coupons waits; see register_codes.
    await client.query(`SELECT pg_advisory_xact_lock('coupon_codes'::regclass::oid::integer, 1)`);
    const { rows } = await client.query<{ isDone: boolean }>(
      `WITH step AS (
         SELECT id, book_id, code FROM coupons, unregistered_coupons u
         WHERE id > u.registered_to AND id <= u.last_id ORDER BY id LIMIT $1),
       added AS (INSERT INTO coupon_codes (coupon_id, book_id, code) SELECT * FROM step)
       UPDATE unregistered_coupons SET registered_to = coalesce((SELECT max(id) FROM step), last_id)
       RETURNING registered_to = last_id AS "isDone"`,
      [STEP_COUPONS],
    );
    await client.query('COMMIT');
    isDone = rows[0]!.isDone;
  }
}
