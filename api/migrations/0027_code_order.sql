-- Codes are stored in an order that all processes share, so that two uploads of the same codes cannot deadlock, and that nobody outside
-- can know: neighbours in it are given one after the other. It is the order of a hash with this seed.
CREATE TABLE code_order (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  seed bigint NOT NULL
);
-- 64 random bits of two UUIDs: random() is not secret.
INSERT INTO code_order (seed)
VALUES (('x' || right(gen_random_uuid()::text, 8) || right(gen_random_uuid()::text, 8))::bit(64)::bigint);
