-- Of the notices of a stretch, those up to after_notice_id have been handed on. It counts only beside the to_snapshot for which it was
-- written: the version before, which may run beside this one, knows nothing of it and hands all of them on at once.
ALTER TABLE relays ADD COLUMN after_notice_id bigint NOT NULL DEFAULT 0,
  ADD COLUMN after_notice_of text;
