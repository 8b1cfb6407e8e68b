-- The first answer to each Idempotency-Key, written in the transaction of the change it answers.
CREATE TABLE idempotency_keys (
  -- SHA-256 of caller and key. The key itself is not kept: it keys the fingerprint below, so that a copy of this
  -- table does not help to guess what a request (a password, say) contained.
  key_hash    bytea          PRIMARY KEY CHECK (octet_length(key_hash) = 32),
  -- HMAC-SHA-256 of method, path and body under the key.
  fingerprint bytea          NOT NULL CHECK (octet_length(fingerprint) = 32),
  status      smallint       NOT NULL CHECK (status BETWEEN 200 AND 499),
  location    text,
  body        text           NOT NULL,
  created_at  timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

-- What has been spent of a budget (wrong codes, failed sign-ins) in its current window, shared by all nodes.
CREATE TABLE budgets (
  scope          text           COLLATE "C" PRIMARY KEY,
  spent          integer        NOT NULL CHECK (spent >= 0),
  window_ends_at timestamptz(3) NOT NULL
);
CREATE INDEX budgets_by_end ON budgets (window_ends_at);
