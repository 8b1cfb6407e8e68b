-- The last statements of a batch and its COMMIT travel together, so what must hold for the batch to be committed has to be said by
-- the database itself.
CREATE FUNCTION require_count(counted bigint, expected bigint, complaint text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  IF counted IS DISTINCT FROM expected THEN
    RAISE EXCEPTION '%: % of %', complaint, counted, expected USING ERRCODE = 'internal_error';
  END IF;
END
$$;
