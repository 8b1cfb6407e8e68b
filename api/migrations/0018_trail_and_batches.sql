-- The trail names what was given, also when coupon or book are gone; what was ever given cannot be deleted; a coupon knows what stored it.

-- The code, and the name of the book at that time. NULL in the events of earlier versions: readers look those up, and a chore fills them
-- in, some thousands at a time. Not here: all of a migration is one transaction, and with the lock that adding a column takes, filling
-- ten million events would stop every command for minutes.
ALTER TABLE events ADD COLUMN code text COLLATE "C", ADD COLUMN book_name text;

-- The stretch of events that the chore has still to look at: those above named_to.
CREATE TABLE unnamed_events (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  named_to bigint  NOT NULL DEFAULT 0,
  last_id  bigint  NOT NULL
);
INSERT INTO unnamed_events (last_id) SELECT coalesce(max(id), 0) FROM events;

-- Events stay append-only. The one exception: names are added to an event that has none.
CREATE FUNCTION only_names_added() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.code IS NOT NULL OR to_jsonb(NEW) - '{code,book_name}'::text[] <> to_jsonb(OLD) - '{code,book_name}'::text[] THEN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END
$$;
DROP TRIGGER events_append_only ON events;
CREATE TRIGGER events_append_only BEFORE DELETE OR TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER events_only_names_added BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION only_names_added();

-- What was ever given is not deleted, nor is its book, whoever tries: the version of the service before this one looked only at who has
-- a coupon now. Whoever deletes a coupon holds its row, so that nobody gives it away after this look.
CREATE FUNCTION keep_given_coupons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM old_rows o JOIN events e ON e.coupon_id = o.id) THEN
    RAISE EXCEPTION 'a coupon that was given away is kept' USING ERRCODE = 'foreign_key_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER coupons_given_kept AFTER DELETE ON coupons
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION keep_given_coupons();

-- The upload or generation that stored the coupon (a job); NULL: an earlier version did. No foreign key, because jobs are never deleted
-- and a check per row costs; no index, because a job notes between which ids its coupons are.
ALTER TABLE coupons ADD COLUMN batch_id uuid;

-- "My coupons", those given last first; serves the foreign key too.
DROP INDEX coupons_by_owner;
CREATE INDEX coupons_by_owner ON coupons (assigned_user_id, assigned_at DESC, id DESC) WHERE assigned_user_id IS NOT NULL;
