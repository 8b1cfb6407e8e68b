-- Who is signed in, and with what tokens are signed.

-- Keys of access tokens (ES256). In the database, so that all processes sign and verify with the same ones; whoever can
-- read this table can sign in as anyone, like whoever can write `users`.
CREATE TABLE signing_keys (
  id          text           COLLATE "C" PRIMARY KEY, -- the JWK's thumbprint (RFC 7638), `kid` in tokens
  private_jwk jsonb          NOT NULL CHECK (private_jwk ->> 'kty' = 'EC' AND private_jwk ->> 'crv' = 'P-256'),
  created_at  timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- Set when a newer key takes over: until then the old one still verifies what it has signed.
  expires_at  timestamptz(3)
);

-- A sign-in on one device. The cookie holds a random token; only its hash is here.
CREATE TABLE sessions (
  id                  uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
  user_id             uuid           NOT NULL REFERENCES users,
  token_hash          bytea          NOT NULL UNIQUE CHECK (octet_length(token_hash) = 32),
  -- Each refresh replaces the token. The one before is remembered: seen again after a short grace, it has been stolen.
  previous_token_hash bytea          UNIQUE CHECK (octet_length(previous_token_hash) = 32),
  rotated_at          timestamptz(3),
  -- The next token is an HMAC of the present one under this key: two tabs that refresh at once get the same token, and
  -- a copy of this table is still not enough to make one.
  rotation_key        bytea          NOT NULL CHECK (octet_length(rotation_key) = 32),
  -- Where the password was given: failed sign-ins of others do not stop this address.
  address             text           NOT NULL CHECK (char_length(address) <= 64),
  user_agent          text           CHECK (char_length(user_agent) <= 300),
  created_at          timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  last_used_at        timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  expires_at          timestamptz(3) NOT NULL,
  ended_at            timestamptz(3),
  CONSTRAINT sessions_rotation CHECK ((previous_token_hash IS NULL) = (rotated_at IS NULL)),
  CONSTRAINT sessions_end_after_start CHECK (expires_at > created_at)
);
-- Where a user has signed in from lately; serves the foreign key too.
CREATE INDEX sessions_by_user ON sessions (user_id, address);
CREATE INDEX sessions_by_expiry ON sessions (expires_at);

-- Administrators look accounts up by the start of their e-mail. The UNIQUE index has the database's order, which LIKE
-- 'prefix%' cannot use.
CREATE INDEX users_by_email_prefix ON users (email text_pattern_ops);
-- "Is there another administrator?" looks at a handful of rows, however many users there are.
CREATE INDEX users_admins ON users (id) WHERE role = 'ADMIN';
