-- The company's own id of a person, by which its systems name accounts.

ALTER TABLE users
  -- Visible ASCII, compared as it is: an id is nothing that people read aloud.
  ADD COLUMN external_id text COLLATE "C" UNIQUE CHECK (external_id ~ '^[!-~]{1,128}$');
