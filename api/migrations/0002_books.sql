-- A book is a set of coupons with one configuration.

CREATE TABLE books (
  id                         uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
  name                       text           NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
  description                text           CHECK (char_length(description) <= 2000),
  starts_at                  timestamptz(3),
  expires_at                 timestamptz(3), -- exclusive
  max_assignments_per_user   integer        CHECK (max_assignments_per_user >= 1), -- NULL: no limit
  allow_multiple_redemptions boolean        NOT NULL DEFAULT false,
  max_redemptions            integer        CHECK (max_redemptions >= 1), -- per coupon; NULL: no limit
  lock_ttl_seconds           integer        NOT NULL CHECK (lock_ttl_seconds BETWEEN 1 AND 86400),
  metadata                   jsonb          NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(metadata) = 'object'),
  archived_at                timestamptz(3),
  created_at                 timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at                 timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT books_end_after_start CHECK (starts_at IS NULL OR expires_at IS NULL OR expires_at > starts_at),
  CONSTRAINT books_single_redemption CHECK (allow_multiple_redemptions OR max_redemptions = 1)
);

-- Names are for people: two live books of one name would be confused; an archived one gives its name free.
CREATE UNIQUE INDEX books_name_of_live ON books (lower(name)) WHERE archived_at IS NULL;
CREATE INDEX books_by_age ON books (created_at DESC, id DESC);
