-- What lists of events and redemptions, their export, the live stream and the counts of a book need.

-- As in `events`: a list is read page by page among the rows that were visible when its first page was read.
ALTER TABLE redemption_history ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();

-- Transaction ids mean something in one PostgreSQL cluster only. A dump that is restored into a younger cluster brings rows "from the
-- future" with it: rows up to these ids came so, and count as long visible. Raised at the start of the service when there are any.
CREATE TABLE restored_rows (
  only_row       boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  events_to      bigint  NOT NULL DEFAULT 0,
  redemptions_to bigint  NOT NULL DEFAULT 0
);
INSERT INTO restored_rows DEFAULT VALUES;

-- Lists are sorted by time, newest first. Without the id, so that the equal times of a batch share one entry (deduplication); rows
-- of the same millisecond are sorted when they are read.
DROP INDEX events_by_book;
DROP INDEX events_by_user;
CREATE INDEX events_by_time ON events (occurred_at);
CREATE INDEX events_by_book ON events (book_id, occurred_at);
CREATE INDEX events_by_user ON events (user_id, occurred_at);
-- Not only what people do for others: the planner cannot tell how much that is, and walked through all of time to find none of it.
CREATE INDEX events_by_actor ON events (actor_id, occurred_at);
-- The types of which there may be few or none: for the others, the newest are never far.
CREATE INDEX events_of_rare_types ON events (type, occurred_at)
  WHERE type NOT IN ('coupon.assigned', 'coupon.locked', 'coupon.redeemed');

DROP INDEX redemption_history_by_actor;
CREATE INDEX redemption_history_by_actor ON redemption_history (actor_id, redeemed_at); -- serves the foreign key too
CREATE INDEX redemption_history_by_time ON redemption_history (redeemed_at);

-- Counts of a book are base + deltas. Each statement that changes coupons adds one small row (two for a redemption) and waits for
-- nobody; a chore folds them into the base. A reader adds both up in one statement, and so is exact at any moment. Triggers, so that
-- it holds for whoever writes, the version of the service before this one included. No foreign keys: a check of the book per batch
-- would cost on the hottest path, and the chore removes what belongs to no book.
CREATE TABLE book_counts (
  book_id    uuid   PRIMARY KEY,
  unassigned bigint NOT NULL,
  assigned   bigint NOT NULL,
  locked     bigint NOT NULL, -- those whose lock has run out included: the reader looks at the time
  redeemed   bigint NOT NULL
);
CREATE TABLE book_redemption_counts (
  book_id     uuid   NOT NULL,
  day         date   NOT NULL, -- in UTC
  redemptions bigint NOT NULL, -- less those that were rolled back
  PRIMARY KEY (book_id, day)
);
CREATE TABLE book_count_deltas (
  id          bigint  GENERATED ALWAYS AS IDENTITY,
  book_id     uuid    NOT NULL,
  day         date,   -- of redemptions; NULL: of states
  unassigned  integer NOT NULL DEFAULT 0,
  assigned    integer NOT NULL DEFAULT 0,
  locked      integer NOT NULL DEFAULT 0,
  redeemed    integer NOT NULL DEFAULT 0,
  redemptions integer NOT NULL DEFAULT 0,
  PRIMARY KEY (book_id, id)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000); -- a queue: small, and all of it dies

CREATE FUNCTION count_coupons() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'INSERT' THEN
    INSERT INTO book_count_deltas (book_id, unassigned, assigned, locked, redeemed)
    SELECT book_id, count(*) FILTER (WHERE state = 'UNASSIGNED'), count(*) FILTER (WHERE state = 'ASSIGNED'),
           count(*) FILTER (WHERE state = 'LOCKED'), count(*) FILTER (WHERE state = 'REDEEMED')
    FROM new_rows GROUP BY book_id;
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO book_count_deltas (book_id, unassigned, assigned, locked, redeemed)
    SELECT book_id, -count(*) FILTER (WHERE state = 'UNASSIGNED'), -count(*) FILTER (WHERE state = 'ASSIGNED'),
           -count(*) FILTER (WHERE state = 'LOCKED'), -count(*) FILTER (WHERE state = 'REDEEMED')
    FROM old_rows GROUP BY book_id;
  ELSE
    INSERT INTO book_count_deltas (book_id, unassigned, assigned, locked, redeemed)
    SELECT * FROM (
      SELECT book_id, coalesce(sum(n) FILTER (WHERE state = 'UNASSIGNED'), 0) AS unassigned,
             coalesce(sum(n) FILTER (WHERE state = 'ASSIGNED'), 0) AS assigned,
             coalesce(sum(n) FILTER (WHERE state = 'LOCKED'), 0) AS locked,
             coalesce(sum(n) FILTER (WHERE state = 'REDEEMED'), 0) AS redeemed
      FROM (SELECT book_id, state, 1 AS n FROM new_rows UNION ALL SELECT book_id, state, -1 FROM old_rows) changes
      GROUP BY book_id) sums
    WHERE unassigned <> 0 OR assigned <> 0 OR locked <> 0 OR redeemed <> 0;
  END IF;
  RETURN NULL;
END
$$;

-- A rollback counts on the day of what it takes back.
CREATE FUNCTION count_redemptions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO book_count_deltas (book_id, day, redemptions)
  SELECT n.book_id, (coalesce(o.redeemed_at, n.redeemed_at) AT TIME ZONE 'UTC')::date,
         sum(CASE WHEN n.rollback_of IS NULL THEN 1 ELSE -1 END)
  FROM new_rows n LEFT JOIN redemption_history o ON o.id = n.rollback_of
  GROUP BY 1, 2;
  RETURN NULL;
END
$$;

CREATE TRIGGER coupons_counted_insert AFTER INSERT ON coupons
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_coupons();
CREATE TRIGGER coupons_counted_update AFTER UPDATE ON coupons
  REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_coupons();
CREATE TRIGGER coupons_counted_delete AFTER DELETE ON coupons
  REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION count_coupons();
CREATE TRIGGER redemption_history_counted AFTER INSERT ON redemption_history
  REFERENCING NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION count_redemptions();

-- After the triggers, whose locks let nobody write in between.
INSERT INTO book_counts
SELECT book_id, count(*) FILTER (WHERE state = 'UNASSIGNED'), count(*) FILTER (WHERE state = 'ASSIGNED'),
       count(*) FILTER (WHERE state = 'LOCKED'), count(*) FILTER (WHERE state = 'REDEEMED')
FROM coupons GROUP BY book_id;
INSERT INTO book_redemption_counts
SELECT h.book_id, (coalesce(o.redeemed_at, h.redeemed_at) AT TIME ZONE 'UTC')::date,
       sum(CASE WHEN h.rollback_of IS NULL THEN 1 ELSE -1 END)
FROM redemption_history h LEFT JOIN redemption_history o ON o.id = h.rollback_of
GROUP BY 1, 2;
