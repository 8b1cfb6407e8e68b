-- Why a row was not used, for programs: a code, and the values that its words need. Rows of before, and of jobs that have no codes
-- yet, have only the English `reason`. A line can hold a list, so that several of its cells may be at fault.
ALTER TABLE job_errors
  ADD COLUMN cell     integer NOT NULL DEFAULT 1,
  ADD COLUMN code     text,
  ADD COLUMN "values" jsonb;
-- The version of before names no columns in ON CONFLICT, so it goes on beside this.
ALTER TABLE job_errors DROP CONSTRAINT job_errors_pkey, ADD PRIMARY KEY (job_id, line, cell);
