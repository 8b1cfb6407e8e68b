-- The same on the product's own table, with its checks, indexes and triggers; but no limit, no event, no counter of the user.
\set start random(-2147483648, 2147483647)
\set user random(0, 4999)
UPDATE coupons SET state = 'ASSIGNED', assigned_user_id = md5('bench user ' || (:user)::integer)::uuid,
  assigned_at = clock_timestamp(), updated_at = clock_timestamp()
WHERE book_id = :book AND id = coalesce(
  (SELECT id FROM coupons WHERE book_id = :book AND assigned_user_id IS NULL AND random_key >= :start
   ORDER BY random_key LIMIT 1 FOR UPDATE SKIP LOCKED),
  (SELECT id FROM coupons WHERE book_id = :book AND assigned_user_id IS NULL AND random_key < :start
   ORDER BY random_key LIMIT 1 FOR UPDATE SKIP LOCKED));
