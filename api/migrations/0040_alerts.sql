-- Administrators' systems are told when the stock of a book runs low, and when its end is near.

ALTER TABLE books
  ADD COLUMN alert_below       integer CHECK (alert_below >= 1), -- coupons left; NULL: never
  ADD COLUMN alert_days_before integer CHECK (alert_days_before BETWEEN 1 AND 366); -- NULL: never
-- The few books that are looked at every minute.
CREATE INDEX books_with_alerts ON books (id) WHERE alert_below IS NOT NULL OR alert_days_before IS NOT NULL;

-- What has been told and still holds: a row is made when it begins to hold and goes when it no longer does, so that each crossing is
-- told once, however many processes look.
CREATE TABLE book_alerts (
  book_id   uuid           NOT NULL REFERENCES books ON DELETE CASCADE,
  kind      text           COLLATE "C" NOT NULL CHECK (kind IN ('stock_low', 'expiring')),
  raised_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (book_id, kind)
);
