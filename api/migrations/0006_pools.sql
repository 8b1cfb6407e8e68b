-- Groups of users to distribute coupons to.

CREATE TABLE user_pools (
  id           uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
  name         text           NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  description  text           CHECK (char_length(description) <= 2000),
  -- Kept in the transaction of each change of members, which locks this row: a list of pools counts no members.
  member_count integer        NOT NULL DEFAULT 0 CHECK (member_count >= 0),
  metadata     jsonb          NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
  created_at   timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at   timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX user_pools_name ON user_pools (lower(name));
CREATE INDEX user_pools_by_age ON user_pools (created_at DESC, id DESC);

CREATE TABLE pool_users (
  pool_id  uuid           NOT NULL REFERENCES user_pools ON DELETE CASCADE,
  user_id  uuid           NOT NULL REFERENCES users ON DELETE CASCADE,
  added_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  PRIMARY KEY (pool_id, user_id)
);
CREATE INDEX pool_users_by_user ON pool_users (user_id);
