-- Distributions of a book to a pool: who gets how many, decided once by a draw that anyone can repeat, then given out in chunks.

CREATE TABLE distributions (
  job_id    uuid           PRIMARY KEY REFERENCES jobs ON DELETE CASCADE,
  pool_id   uuid           REFERENCES user_pools ON DELETE SET NULL,
  book_id   uuid           NOT NULL,
  -- Of the draw (draw/README.md): 32 bytes from a CSPRNG, made before the members are read, so that neither can be fitted to the
  -- other.
  seed      bytea          NOT NULL CHECK (octet_length(seed) = 32),
  algorithm integer        NOT NULL,
  -- What was drawn with, from and for; NULL until the draw. SHA-256 of the ordered list, and of the outcome.
  terms     jsonb,
  list_hash bytea          CHECK (octet_length(list_hash) = 32),
  outcome_hash bytea       CHECK (octet_length(outcome_hash) = 32),
  drawn_at  timestamptz(3)
);
CREATE INDEX distributions_by_pool ON distributions (pool_id);

-- The list a distribution was drawn from, by position from 1, and what came of it. No foreign key to users: they are never deleted,
-- and a check per row costs.
CREATE TABLE distribution_shares (
  job_id   uuid    NOT NULL REFERENCES distributions ON DELETE CASCADE,
  position integer NOT NULL,
  user_id  uuid    NOT NULL,
  already  integer NOT NULL CHECK (already >= 0), -- coupons of the book that the user had at the draw
  share    integer NOT NULL CHECK (share >= 0),   -- drawn
  given    integer NOT NULL DEFAULT 0 CHECK (given BETWEEN 0 AND share),
  PRIMARY KEY (job_id, position)
);

-- How often in a row a job met an error that nobody expected. Other interruptions (a stop, an outage) are not its fault.
ALTER TABLE jobs ADD COLUMN retries integer NOT NULL DEFAULT 0;

-- While the first caller of long work waits for its end, the answer saved may still be replaced: until then a repeat is told that
-- the request still runs, so that nobody is given two answers for one key.
ALTER TABLE idempotency_keys ADD COLUMN open_until timestamptz(3);
