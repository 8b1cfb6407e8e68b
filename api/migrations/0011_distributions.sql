-- Distributions of a book to a pool: who gets how many, decided once by a draw that anyone can repeat, then given out in chunks.

-- The record of a draw, written when it is complete. Its list and outcome are in distribution_shares.
CREATE TABLE distributions (
  job_id       uuid           PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
  pool_id      uuid           REFERENCES user_pools ON DELETE SET NULL,
  book_id      uuid           NOT NULL,
  -- From a CSPRNG, made when the job was: before the members were read, so that neither can be fitted to the other.
  seed         bytea          NOT NULL CHECK (octet_length(seed) = 32),
  algorithm    integer        NOT NULL,
  terms        jsonb          NOT NULL,
  list_hash    bytea          NOT NULL CHECK (octet_length(list_hash) = 32),
  outcome_hash bytea          NOT NULL CHECK (octet_length(outcome_hash) = 32),
  drawn_at     timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX distributions_by_pool ON distributions (pool_id);

-- Who a distribution drew for, by the lots they drew, and what they have been given so far. No foreign key to users: they are never
-- deleted, and a check per row costs.
CREATE TABLE distribution_shares (
  job_id   uuid    NOT NULL REFERENCES jobs ON DELETE CASCADE,
  lot      integer NOT NULL CHECK (lot >= 1),
  user_id  uuid    NOT NULL,
  already  integer NOT NULL CHECK (already >= 0), -- coupons of the book that the user had before
  share    integer NOT NULL CHECK (share >= 0),
  given    integer NOT NULL DEFAULT 0 CHECK (given BETWEEN 0 AND share), -- not lowered when one is taken back
  PRIMARY KEY (job_id, lot)
) WITH (fillfactor = 80); -- `given` changes in place (HOT)

-- How often in a row a job met an error that nobody expected. Other interruptions (a stop, an outage) are not its fault.
ALTER TABLE jobs ADD COLUMN retries integer NOT NULL DEFAULT 0;

-- While the first caller of long work waits for its end, the answer saved may still be replaced: until then a repeat is told that
-- the request still runs, so that nobody is given two answers for one key.
ALTER TABLE idempotency_keys ADD COLUMN open_until timestamptz(3);
