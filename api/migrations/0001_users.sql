-- Accounts. Users are never deleted, only disabled: coupons, history and events name them for ever.

CREATE TYPE user_role AS ENUM ('USER', 'ADMIN');

CREATE TABLE users (
  id            uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
  -- Stored trimmed, NFC and lower case, so that UNIQUE means "one account per mailbox" and not per spelling.
  email         text           NOT NULL UNIQUE CHECK (email = lower(email) AND char_length(email) <= 254),
  name          text           CHECK (char_length(name) BETWEEN 1 AND 200),
  -- NULL: an account that cannot sign in by itself; the company's backend acts for it.
  password_hash text,
  role          user_role      NOT NULL DEFAULT 'USER',
  disabled_at   timestamptz(3),
  created_at    timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at    timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);

-- Lists are paged newest first by (created_at, id).
CREATE INDEX users_by_age ON users (created_at DESC, id DESC);

-- The message of append_only() is for the person who tries; the guard is for everyone, the owner of the tables too.
CREATE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';
END
$$;
