-- Codes are unique through a register of their own. A coupon's row is rewritten by each transition, and each rewrite cost an entry in
-- the index on codes; a row of the register is written once. It also says in which book a code is, which is all that must be known
-- to find its coupon: everything else about coupons is looked up by book (decision 22).

CREATE TABLE coupon_codes (
  coupon_id bigint NOT NULL,
  book_id   uuid   NOT NULL,
  -- As in coupons. "C" compares bytes: LIKE 'PREFIX%' can use the index.
  code      text   COLLATE "C" PRIMARY KEY
);

-- A trigger, so that no coupon is without its entry, whoever writes it: the version of before too. A code that exists is refused by
-- the primary key. No foreign keys: they would say the same again, row by row, at twice the cost of an upload.
CREATE FUNCTION register_codes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO coupon_codes (coupon_id, book_id, code) SELECT id, book_id, code FROM new_rows;
  ELSE
    -- Not beside the filling of the register (fill_register below), which could add again what is removed here.
    PERFORM pg_advisory_xact_lock_shared('coupon_codes'::regclass::oid::integer, 1);
    DELETE FROM coupon_codes r USING old_rows o WHERE r.code = o.code;
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER coupons_registered AFTER INSERT ON coupons
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION register_codes();
CREATE TRIGGER coupons_unregistered AFTER DELETE ON coupons
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION register_codes();

-- What the register says of a coupon never changes.
CREATE FUNCTION keep_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a coupon keeps its code and its book' USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER coupons_place_kept BEFORE UPDATE OF id, book_id, code ON coupons
  FOR EACH STATEMENT EXECUTE FUNCTION keep_place();

-- The coupons of before are registered some at a time, when this migration is over: see `database/reshape.ts`.
CREATE TABLE unregistered_coupons (
  only_row      boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  registered_to bigint  NOT NULL DEFAULT 0,
  last_id       bigint  NOT NULL
);
INSERT INTO unregistered_coupons (last_id) SELECT coalesce(max(id), 0) FROM coupons;

-- Who gets a coupon is an account that may act: each transaction that gives one looks at that, and accounts are never deleted. Looking
-- again for each row was a tenth of what an assignment cost the database. A lock's holder is its owner (0014).
ALTER TABLE coupons DROP CONSTRAINT coupons_assigned_user_id_fkey;
