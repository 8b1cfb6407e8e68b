-- Access links: whoever opens one chooses a password for its account, once. For people who were invited, and for those who are locked out.

CREATE TABLE access_links (
  -- One for each account: a new link ends the one before.
  user_id    uuid           PRIMARY KEY REFERENCES users,
  -- The link holds 32 random bytes; only their hash is here.
  token_hash bytea          NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  -- NULL: made on the machine itself (npm run reset-admin). No index for the foreign key: users are never deleted.
  created_by uuid           REFERENCES users,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  expires_at timestamptz(3) NOT NULL,
  -- Used and expired links stay for a while, so that who opens one is told what became of it.
  used_at    timestamptz(3),
  -- Made for a mail-merge file that has not been sent to its end: nobody may have it.
  file_id    uuid,
  CONSTRAINT access_links_end_after_start CHECK (expires_at > created_at)
);
CREATE INDEX access_links_by_expiry ON access_links (expires_at);
CREATE INDEX access_links_by_file ON access_links (file_id) WHERE file_id IS NOT NULL;
