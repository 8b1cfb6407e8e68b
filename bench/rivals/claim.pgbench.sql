-- One claim per transaction, without HTTP: a random start with a wrap, SKIP LOCKED, one statement, committed by itself. As good as
-- pgbench does it: prepared statements, C clients, on the rivals' lean table. See guarded-update.ts, its twin behind HTTP.
\set start random(-2147483648, 2147483647)
UPDATE rivals.coupons SET user_id = gen_random_uuid(), assigned_at = clock_timestamp()
WHERE id = coalesce(
  (SELECT id FROM rivals.coupons WHERE book_id = :book AND user_id IS NULL AND random_key >= :start
   ORDER BY random_key LIMIT 1 FOR UPDATE SKIP LOCKED),
  (SELECT id FROM rivals.coupons WHERE book_id = :book AND user_id IS NULL AND random_key < :start
   ORDER BY random_key LIMIT 1 FOR UPDATE SKIP LOCKED));
