-- The table that the rivals claim from: what their authors would need and no more. No counters, no events, no history, no metadata, no
-- checks; two indexes beside the primary key, where the product's table has six and a trigger.
CREATE SCHEMA rivals;
CREATE TABLE rivals.coupons (
  id          bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  book_id     uuid        NOT NULL,
  code        text        COLLATE "C" NOT NULL UNIQUE,
  user_id     uuid,
  assigned_at timestamptz,
  random_key  integer     NOT NULL DEFAULT floor(random() * 4294967296 - 2147483648)::integer
);
-- For the random start; the brief's algorithm takes the first that is free, from the same index.
CREATE INDEX coupons_free ON rivals.coupons (book_id, random_key) WHERE user_id IS NULL;
