-- Since when a webhook is switched on: what waited for it while it was off is not late for that time. It was switched off again at once,
-- for being three days behind.
ALTER TABLE webhooks ADD COLUMN enabled_at timestamptz(3) NOT NULL DEFAULT clock_timestamp();

-- A deleted webhook is off and has no address and no secrets any more. Its deliveries, of which there may be hundreds of millions, go some
-- at a time; then its row goes. In one transaction that took longer than a request may, and every other webhook waited for it.
ALTER TABLE webhooks ADD COLUMN deleted_at timestamptz(3),
  ADD CONSTRAINT webhooks_deleted_are_off CHECK (deleted_at IS NULL OR disabled_at IS NOT NULL);
