-- Keys lead with the book, and what a transition changes is in no index. The new keys and indexes are built beside the commands of the
-- version of before, and the old ones go when it does not run any more: see `database/reshape.ts`. Here is what takes no time.

-- Locks that have been taken, by their ends: what the sweep and the counts look through, instead of an index on coupons that each lock
-- and each redemption wrote. An entry stays when its lock is given back; the sweep removes it when its time has come, and asks the
-- coupon. No foreign key: a check per lock would cost as much as the index did.
CREATE TABLE lock_ends (
  book_id   uuid           NOT NULL,
  ends_at   timestamptz(3) NOT NULL,
  coupon_id bigint         NOT NULL,
  PRIMARY KEY (book_id, ends_at, coupon_id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000); -- a queue: small, and all of it dies

-- A trigger, so that no lock is without its entry, whoever writes it: the version of before too.
CREATE FUNCTION note_lock_ends() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO lock_ends (book_id, ends_at, coupon_id)
  SELECT book_id, lock_expires_at, id FROM new_rows WHERE state = 'LOCKED'
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END
$$;
CREATE TRIGGER coupons_lock_ends_insert AFTER INSERT ON coupons
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note_lock_ends();
CREATE TRIGGER coupons_lock_ends_update AFTER UPDATE ON coupons
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION note_lock_ends();
CREATE INDEX lock_ends_by_time ON lock_ends (ends_at);
INSERT INTO lock_ends (book_id, ends_at, coupon_id) SELECT book_id, lock_expires_at, id FROM coupons WHERE state = 'LOCKED';

-- Room for what becomes of a coupon on the page where it is: with no index to be told, such an update is half the work (HOT).
ALTER TABLE coupons SET (fillfactor = 80);

-- As before (0018, 0010), but by book.
CREATE OR REPLACE FUNCTION keep_given_coupons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM old_rows o JOIN events e ON e.book_id = o.book_id AND e.coupon_id = o.id) THEN
    RAISE EXCEPTION 'a coupon that was given away is kept' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION count_redemptions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO book_count_deltas (book_id, day, redemptions)
  SELECT n.book_id, (coalesce(o.redeemed_at, n.redeemed_at) AT TIME ZONE 'UTC')::date,
         sum(CASE WHEN n.rollback_of IS NULL THEN 1 ELSE -1 END)
  FROM new_rows n
  LEFT JOIN redemption_history o ON o.book_id = n.book_id AND o.coupon_id = n.coupon_id AND o.id = n.rollback_of
  GROUP BY 1, 2;
  RETURN NULL;
END
$$;
