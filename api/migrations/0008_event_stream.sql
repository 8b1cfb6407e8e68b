-- What the live stream, the audit lists and distributions need of events.

-- The transaction that wrote the event. Ids are given before transactions commit, so the order of ids is not the order in which
-- events become visible: who only remembers the last id loses those of a transaction that commits late. A reader remembers a
-- snapshot instead, and asks for what is visible now and was not then.
ALTER TABLE events ADD COLUMN txid xid8 NOT NULL DEFAULT pg_current_xact_id();
CREATE INDEX events_by_txid ON events (txid);

-- The job that did it, of a distribution or its undoing.
ALTER TABLE events ADD COLUMN job_id uuid;
CREATE INDEX events_by_job ON events (job_id, id) WHERE job_id IS NOT NULL;

CREATE INDEX events_by_book ON events (book_id, id);
CREATE INDEX events_by_user ON events (user_id, id);
