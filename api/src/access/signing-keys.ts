import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, importJWK } from 'jose';
import { sql } from 'kysely';
import type { Database } from '../database/connection.ts';
import { inTransaction } from '../database/transaction.ts';

export const ALGORITHM = 'ES256';

/** How long a loaded set of keys is used before it is read again (in the background). */
const RELOAD_MS = 60_000;
/** Unknown key ids, which anybody can send, make the set be read again at most this often. */
const COOLDOWN_MS = 1_000;
/** A new key is published this long before it signs, so that every process knows it when its first token arrives. */
const SETTLE_SECONDS = 180;
/** A replaced key verifies this long: well over the time to settle and the life of a token. */
const RETIRE_SECONDS = 3_600;
const ROTATE_DAYS = 90;

export type PublicJwk = Record<'kty' | 'crv' | 'x' | 'y' | 'kid' | 'alg' | 'use', string>;
type PrivateJwk = Record<'kty' | 'crv' | 'x' | 'y' | 'd', string>;

export interface SigningKey {
  id: string;
  privateKey: CryptoKey;
  publicKey: CryptoKey;
  publicJwk: PublicJwk;
}

export interface SigningKeys {
  /** The key that signs now. */
  current: () => Promise<SigningKey>;
  /** The key of an id, or undefined. Throws when it is unknown here and the database cannot be asked. */
  find: (id: string) => Promise<SigningKey | undefined>;
  /** All keys that verify, without their private parts (RFC 7517). */
  publicKeys: () => Promise<PublicJwk[]>;
  /** The database's time in milliseconds, as of when the keys were read: the clocks of processes may differ. */
  now: () => number;
}

/**
 * The keys of access tokens: read from the database, kept in memory. An outage of the database does not matter to keys
 * that are known; a key that was removed there is forgotten here within a minute.
 * @param onChange called when the set has changed
 */
export function signingKeys(db: Database, onChange: () => void): SigningKeys {
  let keys = new Map<string, SigningKey>();
  let signer: SigningKey | undefined;
  let loadedAt = Number.NEGATIVE_INFINITY;
  let loading: Promise<void> | undefined;
  let databaseAheadMs = 0;

  const age = () => performance.now() - loadedAt;

  function load(): Promise<void> {
    loading ??= read().finally(() => (loading = undefined));
    return loading;
  }

  async function read(): Promise<void> {
    const startedAt = performance.now();
    let rows = await listSigningKeys(db);
    if (rows.length === 0) {
      await rotateSigningKeys(db);
      rows = await listSigningKeys(db);
    }
    const aheadMs = rows[0]!.now.getTime() - Date.now();
    const next = new Map<string, SigningKey>();
    for (const { id, private_jwk: jwk } of rows) next.set(id, keys.get(id) ?? (await importKey(id, jwk)));
    const changed = next.size !== keys.size || [...next.keys()].some((id) => !keys.has(id));
    keys = next;
    signer = next.get((rows.findLast(({ settled }) => settled) ?? rows[0]!).id);
    loadedAt = startedAt;
    databaseAheadMs = aheadMs;
    if (changed) onChange();
  }

  async function fresh(): Promise<void> {
    if (keys.size === 0) await load();
    else if (age() > RELOAD_MS) load().catch(() => {}); // those we have are good; the next call tries again
  }

  return {
    async current() {
      await fresh();
      return signer!;
    },
    async find(id) {
      await fresh();
      if (!keys.has(id) && age() > COOLDOWN_MS) await load();
      return keys.get(id);
    },
    async publicKeys() {
      await fresh();
      return [...keys.values()].map(({ publicJwk }) => publicJwk);
    },
    now: () => Date.now() + databaseAheadMs,
  };
}

async function importKey(id: string, jwk: PrivateJwk): Promise<SigningKey> {
  const { d: _private, ...rest } = jwk;
  const publicJwk = { ...rest, kid: id, alg: ALGORITHM, use: 'sig' };
  return {
    id,
    publicJwk,
    privateKey: (await importJWK(jwk, ALGORITHM)) as CryptoKey,
    publicKey: (await importJWK(publicJwk, ALGORITHM)) as CryptoKey,
  };
}

/** Keys that verify, oldest first, and what time it is. */
async function listSigningKeys(db: Database) {
  const { rows } = await sql<{ id: string; private_jwk: PrivateJwk; settled: boolean; now: Date }>`
    SELECT id, private_jwk, created_at < clock_timestamp() - ${SETTLE_SECONDS} * interval '1 second' AS settled,
           clock_timestamp() AS now
    FROM signing_keys
    WHERE expires_at IS NULL OR expires_at > clock_timestamp()
    ORDER BY created_at, id`.execute(db);
  return rows;
}

/**
 * Makes a key when there is none yet or the newest is 90 days old, and lets the ones before it expire. Of several
 * processes that see the need at once, one does it.
 */
export async function rotateSigningKeys(db: Database): Promise<void> {
  if (!(await needsSigningKey(db))) return;
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  const id = await calculateJwkThumbprint(jwk);
  await inTransaction(db, async (trx) => {
    await sql`SELECT pg_advisory_xact_lock(hashtext('signing_keys'))`.execute(trx);
    if (!(await needsSigningKey(trx))) return;
    await sql`
      UPDATE signing_keys SET expires_at = clock_timestamp() + ${RETIRE_SECONDS} * interval '1 second'
      WHERE expires_at IS NULL`.execute(trx);
    await sql`INSERT INTO signing_keys (id, private_jwk) VALUES (${id}, ${JSON.stringify(jwk)}::jsonb)`.execute(
      trx,
    );
  });
}

async function needsSigningKey(db: Database): Promise<boolean> {
  const { rows } = await sql<{ needed: boolean }>`
    SELECT NOT EXISTS (
      SELECT FROM signing_keys
      WHERE expires_at IS NULL AND created_at > clock_timestamp() - ${ROTATE_DAYS} * interval '1 day') AS needed`.execute(
    db,
  );
  return rows[0]!.needed;
}

/** Forgets keys that no longer verify anything. */
export async function deleteExpiredSigningKeys(db: Database): Promise<void> {
  await sql`DELETE FROM signing_keys WHERE expires_at < clock_timestamp()`.execute(db);
}
