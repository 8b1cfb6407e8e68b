-- Taking back: a redemption is rolled back by a row of its own, so that both stay in the history.

ALTER TABLE redemption_history
  ADD COLUMN rollback_of bigint UNIQUE REFERENCES redemption_history, -- once only
  ADD COLUMN reason      text   CHECK (char_length(reason) BETWEEN 1 AND 500),
  ADD CONSTRAINT redemption_history_rollback CHECK ((rollback_of IS NULL) = (reason IS NULL)),
  DROP CONSTRAINT redemption_history_coupon_id_redemption_number_key;

-- A rollback carries the number of the redemption it takes back. The n-th redemption itself still exists once.
CREATE UNIQUE INDEX redemption_history_number ON redemption_history (coupon_id, redemption_number) WHERE rollback_of IS NULL;
CREATE INDEX redemption_history_by_coupon ON redemption_history (coupon_id, id);
