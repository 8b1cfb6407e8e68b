-- Reasons are codes with values; words are made from them when they are answered.

-- Only rows of before have an English sentence instead. The version of before still writes one.
ALTER TABLE job_errors
  ALTER COLUMN reason DROP NOT NULL,
  ADD CONSTRAINT job_errors_why CHECK (code IS NOT NULL OR reason IS NOT NULL);

-- Counts of who or what was left out, by the same codes: in results, and in the checkpoints that results are made from.
CREATE FUNCTION by_reason(counts jsonb, is_batch boolean) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
  SELECT jsonb_object_agg(CASE key
    WHEN 'disabled' THEN 'user-disabled'
    WHEN 'limitReached' THEN 'assignment-limit-reached'
    WHEN 'outOfStock' THEN 'out-of-stock'
    WHEN 'assigned' THEN 'owned'
    WHEN 'givenBack' THEN CASE WHEN is_batch THEN 'given-once' ELSE 'given-back' END
    ELSE key END, value)
  FROM jsonb_each(counts)
$$;
UPDATE jobs SET result = jsonb_set(result, '{reasons}', by_reason(result->'reasons', result ? 'removed'))
  WHERE jsonb_typeof(result->'reasons') = 'object';
UPDATE jobs SET checkpoint = jsonb_set(checkpoint, '{skipped}', by_reason(checkpoint->'skipped', false))
  WHERE kind = 'distribute' AND jsonb_typeof(checkpoint->'skipped') = 'object';
UPDATE jobs SET checkpoint = jsonb_set(checkpoint, '{kept}', by_reason(checkpoint->'kept', true))
  WHERE kind = 'undo' AND jsonb_typeof(checkpoint->'kept') = 'object';
DROP FUNCTION by_reason;
