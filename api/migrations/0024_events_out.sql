-- What leaves: relays that follow the events, webhooks, and what was sent to each of them.

-- What concerns administrators and no single coupon: a job ended, a webhook was switched off. Written in the transaction of the change,
-- like events, and read by the same cursor.
CREATE TABLE notices (
  id          bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  type        text           COLLATE "C" NOT NULL,
  book_id     uuid,
  data        jsonb          NOT NULL,
  occurred_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  txid        xid8           NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX notices_by_txid ON notices (txid);
CREATE INDEX notices_by_time ON notices (occurred_at);

-- Where each relay is. Snapshots are written as in the ids of the live stream. All events that were visible at from_snapshot have been
-- handed on. While to_snapshot is set, those up to it are being handed on, and of them those up to after_id have been.
CREATE TABLE relays (
  name          text           COLLATE "C" PRIMARY KEY CHECK (name IN ('webhooks', 'sqs', 'eventbridge')),
  from_snapshot text           NOT NULL,
  to_snapshot   text,
  after_id      bigint         NOT NULL DEFAULT 0,
  -- Whoever holds the lease hands on; what it saves later than another took the lease is refused by the token.
  lease_token   uuid,
  leased_until  timestamptz(3),
  -- Set when the database is another than it was, or older: nobody knows what was handed on. An administrator says from when to go on.
  stopped_at    timestamptz(3),
  CONSTRAINT relays_lease_whole CHECK ((lease_token IS NULL) = (leased_until IS NULL)),
  CONSTRAINT relays_no_place_without_stretch CHECK (to_snapshot IS NOT NULL OR after_id = 0)
);

CREATE TABLE webhooks (
  id                  uuid           PRIMARY KEY DEFAULT gen_random_uuid(),
  url                 text           NOT NULL CHECK (length(url) <= 2000),
  description         text           CHECK (length(description) <= 500),
  types               text[]         NOT NULL CHECK (cardinality(types) BETWEEN 1 AND 50),
  -- NULL: all books. No foreign keys in arrays: the id of a deleted book just fits nothing any more.
  book_ids            uuid[]         CHECK (cardinality(book_ids) BETWEEN 1 AND 100),
  include_codes       boolean        NOT NULL DEFAULT false,
  -- Signing needs the secrets themselves. They lie here as the private keys of access tokens do in signing_keys.
  secret              bytea          NOT NULL CHECK (octet_length(secret) = 32),
  former_secret       bytea          CHECK (octet_length(former_secret) = 32),
  former_secret_until timestamptz(3),
  disabled_at         timestamptz(3),
  disabled_reason     text           CHECK (disabled_reason IN ('administrator', 'gone', 'failing', 'backlog')),
  -- The first of the failures that no success has followed.
  failing_since       timestamptz(3),
  last_success_at     timestamptz(3),
  last_failure_at     timestamptz(3),
  created_by          uuid           REFERENCES users, -- no index: users are never deleted
  created_at          timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at          timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT webhooks_former_secret_ends CHECK ((former_secret IS NULL) = (former_secret_until IS NULL)),
  CONSTRAINT webhooks_disabled_why CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL))
);

-- One message to one endpoint. It names its event and holds no copy of it: a code, or a person who is erased, is in no second place.
CREATE TABLE webhook_deliveries (
  id          bigint         GENERATED ALWAYS AS IDENTITY,
  webhook_id  uuid           NOT NULL REFERENCES webhooks ON DELETE CASCADE,
  -- The same for each try: event-7, notice-7, or test-<uuid>.
  message_id  text           COLLATE "C" NOT NULL,
  type        text           COLLATE "C" NOT NULL,
  event_id    bigint,
  notice_id   bigint,
  status      text           NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
  tries       smallint       NOT NULL DEFAULT 0,
  -- NULL: over, or its webhook is switched off.
  next_try_at timestamptz(3) DEFAULT clock_timestamp(),
  -- What came of each try, the newest last, 20 at most.
  attempts    jsonb          NOT NULL DEFAULT '[]',
  created_at  timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  ended_at    timestamptz(3),
  PRIMARY KEY (webhook_id, id),
  CONSTRAINT webhook_deliveries_once UNIQUE (webhook_id, message_id),
  CONSTRAINT webhook_deliveries_of_one_thing CHECK (num_nonnulls(event_id, notice_id) <= 1),
  CONSTRAINT webhook_deliveries_over CHECK ((status = 'pending') = (ended_at IS NULL) AND (status = 'pending' OR next_try_at IS NULL))
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, next_try_at) WHERE next_try_at IS NOT NULL;

-- Events to be handed on again, from one time to another, in the order of time.
CREATE TABLE replays (
  id         bigint         GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  relay      text           COLLATE "C" NOT NULL CHECK (relay IN ('webhooks', 'sqs', 'eventbridge')),
  -- NULL: to all.
  webhook_id uuid           REFERENCES webhooks ON DELETE CASCADE,
  -- Up to here it has been done; events of the same time from above this id are left.
  done_to    timestamptz(3) NOT NULL,
  after_id   bigint         NOT NULL DEFAULT 0,
  until      timestamptz(3) NOT NULL DEFAULT clock_timestamp(), -- exclusive
  started_by uuid           REFERENCES users, -- no index: users are never deleted
  CONSTRAINT replays_of_webhooks CHECK (webhook_id IS NULL OR relay = 'webhooks')
);
CREATE INDEX replays_by_webhook ON replays (webhook_id);
