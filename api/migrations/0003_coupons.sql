-- Coupons and all that one transition writes: the coupon, the holder's counter, the event, the redemption.

CREATE TYPE coupon_state AS ENUM ('UNASSIGNED', 'ASSIGNED', 'LOCKED', 'REDEEMED');

CREATE TABLE coupons (
  id                  bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  book_id             uuid           NOT NULL REFERENCES books ON DELETE CASCADE,
  -- Canonical form only (see modules/codes/code.ts). "C" compares bytes: half the cost of a locale's order, and
  -- LIKE 'PREFIX%' can use the index.
  code                text           COLLATE "C" NOT NULL UNIQUE,
  state               coupon_state   NOT NULL DEFAULT 'UNASSIGNED',
  assigned_user_id    uuid           REFERENCES users,
  assigned_at         timestamptz(3),
  locked_by_user_id   uuid           REFERENCES users,
  locked_at           timestamptz(3),
  -- Stays after a lock has run out, so that "redeem" answers "the lock expired" whether or not the sweeper came by.
  lock_expires_at     timestamptz(3),
  redeemed_at         timestamptz(3), -- the latest redemption
  redemption_count    integer        NOT NULL DEFAULT 0 CHECK (redemption_count >= 0),
  metadata            jsonb          NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
  created_at          timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at          timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- Where in its book a random assignment finds this coupon. Fixed at creation: cost does not depend on the book's size.
  random_key          integer        NOT NULL DEFAULT floor(random() * 4294967296 - 2147483648)::integer,

  -- No impossible row, whoever writes it.
  CONSTRAINT coupons_code_canonical CHECK (code ~ '^[A-Z0-9_-]{3,64}$' AND code <> 'RANDOM'),
  CONSTRAINT coupons_owner CHECK (
    (state = 'UNASSIGNED') = (assigned_user_id IS NULL) AND (assigned_user_id IS NULL) = (assigned_at IS NULL)
  ),
  CONSTRAINT coupons_holder CHECK (
    (state = 'LOCKED') = (locked_by_user_id IS NOT NULL) AND (state = 'LOCKED') = (locked_at IS NOT NULL)
  ),
  CONSTRAINT coupons_lock_end CHECK (
    CASE WHEN state = 'LOCKED' THEN lock_expires_at IS NOT NULL AND lock_expires_at > locked_at
         WHEN state <> 'ASSIGNED' THEN lock_expires_at IS NULL
         ELSE true END
  ),
  CONSTRAINT coupons_redeemed CHECK (
    (redemption_count > 0) = (redeemed_at IS NOT NULL) AND (state <> 'REDEEMED' OR redemption_count > 0)
  )
);

-- Random assignment starts at a random key among the unassigned of a book and wraps round.
CREATE INDEX coupons_unassigned ON coupons (book_id, random_key) WHERE state = 'UNASSIGNED';
-- A book's coupons by state (lists, counts); serves the foreign key too.
CREATE INDEX coupons_by_book_and_state ON coupons (book_id, state, id);
-- "My coupons", newest first; serves the foreign key too.
CREATE INDEX coupons_by_owner ON coupons (assigned_user_id, id DESC) WHERE assigned_user_id IS NOT NULL;
-- What the sweeper looks for; a locked coupon's holder serves the foreign key.
CREATE INDEX coupons_locked ON coupons (lock_expires_at) WHERE state = 'LOCKED';
CREATE INDEX coupons_by_holder ON coupons (locked_by_user_id) WHERE locked_by_user_id IS NOT NULL;

-- How many coupons of a book a user has been given. Counting rows instead was over the limit in 20 rounds of 20:
-- two transactions that count at once both see room for one more. No foreign key to users: the coupon's own
-- (assigned in the same transaction) says it, and a check per row costs on the hottest path.
CREATE TABLE book_user_counters (
  book_id  uuid    NOT NULL REFERENCES books ON DELETE CASCADE,
  user_id  uuid    NOT NULL,
  assigned integer NOT NULL CHECK (assigned >= 0),
  PRIMARY KEY (book_id, user_id)
) WITH (fillfactor = 80); -- counters change in place (HOT)

CREATE TABLE redemption_history (
  id                bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  book_id           uuid           NOT NULL REFERENCES books,
  coupon_id         bigint         NOT NULL REFERENCES coupons,
  user_id           uuid           NOT NULL REFERENCES users,
  actor_id          uuid           NOT NULL REFERENCES users,
  redemption_number integer        NOT NULL CHECK (redemption_number >= 1),
  metadata          jsonb          NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
  redeemed_at       timestamptz(3) NOT NULL,
  -- The n-th redemption of a coupon exists once: spending twice fails here even if all the code above were wrong.
  UNIQUE (coupon_id, redemption_number)
);
CREATE INDEX redemption_history_by_book ON redemption_history (book_id, redeemed_at);
CREATE INDEX redemption_history_by_user ON redemption_history (user_id);
CREATE INDEX redemption_history_by_actor ON redemption_history (actor_id);

-- One row a transition, written in its transaction: the audit trail and the source of the live stream. No foreign
-- keys: an audit outlives what it tells of.
CREATE TABLE events (
  id          bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type        text           COLLATE "C" NOT NULL,
  book_id     uuid           NOT NULL,
  coupon_id   bigint         NOT NULL,
  user_id     uuid           NOT NULL, -- for whom
  actor_id    uuid,                    -- who did it; NULL: time itself
  data        jsonb,
  occurred_at timestamptz(3) NOT NULL
);
CREATE INDEX events_by_coupon ON events (coupon_id, id);

CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
CREATE TRIGGER redemption_history_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON redemption_history
  FOR EACH STATEMENT EXECUTE FUNCTION append_only();
