-- Whose account is it? An e-mail proves that only after its owner has confirmed it or an administrator has made the account.

ALTER TABLE users
  -- NULL: somebody registered with this e-mail, and nobody has shown that it is theirs.
  ADD COLUMN confirmed_at     timestamptz(3),
  -- The password is the one that the first start printed: whoever reads that terminal or its log knows it.
  ADD COLUMN initial_password boolean NOT NULL DEFAULT false,
  -- E-mails have one canonical form (NFKC, lower case, domain in ASCII). An account from before that rule keeps its old spelling
  -- when another account has the canonical one, or when there is none for it.
  ADD COLUMN email_clash      boolean NOT NULL DEFAULT false,
  -- NOT VALID: IDNA is not something that SQL can do; the program brings older rows to this form before it serves.
  ADD CONSTRAINT users_email_canonical CHECK (email_clash OR email ~ '^[^@]+@[a-z0-9.-]+$') NOT VALID;

-- Nobody but an administrator could make an account without a password, or an administrator. For all others nobody knows any more
-- whether they registered by themselves.
UPDATE users SET confirmed_at = created_at WHERE password_hash IS NULL OR role = 'ADMIN';

-- What is to be looked at for the canonical form: ASCII has only one.
CREATE INDEX users_beyond_ascii ON users (created_at, id) WHERE octet_length(email) <> char_length(email);
CREATE INDEX users_with_clash ON users (created_at DESC, id DESC) WHERE email_clash;
