-- Long work that an admin starts, watches, cancels and trusts. The queue itself (who runs what, who was killed) is pg-boss's, in
-- its own schema; these rows are what people see, and each step of a job changes them in the transaction of its work.

CREATE TYPE job_status AS ENUM ('queued', 'running', 'completed', 'failed', 'cancelled');

CREATE TABLE jobs (
  id           uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
  kind         text           NOT NULL,
  status       job_status     NOT NULL DEFAULT 'queued',
  book_id      uuid           REFERENCES books ON DELETE SET NULL,
  created_by   uuid           NOT NULL REFERENCES users,
  input        jsonb          NOT NULL,
  -- Where to go on after a worker was killed. Written with the work it tells of.
  checkpoint   jsonb,
  -- Raised by each worker that takes the job. One that was only slow, and was given up for dead, fails at its next step.
  attempt      integer        NOT NULL DEFAULT 0,
  done         bigint         NOT NULL DEFAULT 0 CHECK (done >= 0),
  total        bigint         CHECK (total >= 0), -- NULL: not known yet
  errors       integer        NOT NULL DEFAULT 0,
  result       jsonb,
  failure      jsonb,         -- { code, detail } of a failed job
  cancel_requested_at timestamptz(3),
  created_at   timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  started_at   timestamptz(3),
  finished_at  timestamptz(3),
  CONSTRAINT jobs_finished CHECK ((status IN ('completed', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
);
CREATE INDEX jobs_by_age ON jobs (created_at DESC, id DESC);
CREATE INDEX jobs_by_book ON jobs (book_id);
CREATE INDEX jobs_by_creator ON jobs (created_by);

-- Rows of a job's input that could not be used.
CREATE TABLE job_errors (
  job_id uuid    NOT NULL REFERENCES jobs ON DELETE CASCADE,
  line   integer NOT NULL,
  value  text,
  reason text    NOT NULL,
  PRIMARY KEY (job_id, line)
);

-- The bytes of an upload, safe before it is acknowledged, until its job has ended.
CREATE TABLE upload_parts (
  upload_id  uuid           NOT NULL,
  part       integer        NOT NULL,
  bytes      bytea          NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (upload_id, part)
);
CREATE INDEX upload_parts_by_age ON upload_parts (created_at);
