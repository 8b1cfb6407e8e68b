import { createHmac, hash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type RawBuilder, sql } from 'kysely';
import type { Database, Transaction } from '../database/connection.ts';
import { inTransaction } from '../database/transaction.ts';
import { fieldProblem, Problem } from '../problems.ts';
import { requireAdminNow } from '../access/admin-rights.ts';
import { type Answer, answerContext, problemAnswer, sendAnswer } from './answer.ts';
import { refuseOverdue } from '../deadline.ts';

/** What an Idempotency-Key claims: that this request, and no other, has this key. Both are 32 bytes. */
export interface Claim {
  keyHash: Buffer;
  fingerprint: Buffer;
}

/**
 * The claim of a request, or null without the header. Of passwords in the body the fingerprint knows only that they were there: keys
 * can be guessed too, and whoever has a copy of the table could then try passwords against it.
 * @param content what the body said, when it is not `request.body` (an upload is digested while it streams)
 */
export function readClaim(request: FastifyRequest, content?: Buffer): Claim | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  if (typeof key !== 'string' || !/^[\x21-\x7e]([\x20-\x7e]{0,253}[\x21-\x7e])?$/.test(key)) {
    throw fieldProblem({ in: 'headers', pointer: '/idempotency-key' }, 'not-a-key');
  }
  const caller = request.caller?.id ?? 'anonymous';
  return {
    keyHash: hash('sha256', `${caller}\0${key}`, 'buffer'),
    fingerprint: createHmac('sha256', key)
      .update(`${request.method} ${request.url}\0`)
      .update(content ?? JSON.stringify(withoutPasswords(request)))
      .digest(),
  };
}

const passwordFields = new WeakMap<object, string[]>();

/** The fields of a body that its schema calls passwords. */
function passwordFieldsOf(schema: { properties?: Record<string, { format?: string }> }): string[] {
  let names = passwordFields.get(schema);
  if (!names) {
    const fields = Object.entries(schema.properties ?? {});
    names = fields.flatMap(([name, { format }]) => (format === 'password' ? [name] : []));
    passwordFields.set(schema, names);
  }
  return names;
}

function withoutPasswords({ body, routeOptions }: FastifyRequest): unknown {
  const names = routeOptions.schema?.body ? passwordFieldsOf(routeOptions.schema.body) : [];
  if (names.length === 0 || typeof body !== 'object' || body === null) return body ?? null;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, names.includes(name) ? true : value]),
  );
}

/**
 * Looks up the claims of a group of commands, in one statement. The answer for a claim: what was said the first time, a refusal (the key
 * belongs to another request, or that request still runs), or null: it is new and, until the transaction ends, ours.
 *
 * An answer that is still open is closed as it is: from here on it is what everybody gets who has this key, the first caller too.
 *
 * The try-lock only makes "still running" quick to see. It can be granted just after another transaction committed that our
 * snapshot does not show; then saving the answer fails on the primary key, and the whole transaction runs again.
 *
 * OFFSET 0 keeps it a look for each key: as a plain join, planned when the table was empty and kept, it read all keys for each group,
 * at 420 assignments a second where it is 4,400, until the table was analysed.
 */
export async function findAnswers(
  trx: Transaction,
  claims: readonly (Claim | null)[],
): Promise<(Answer | Problem | null)[]> {
  const asked = claims.flatMap((claim, index) => (claim ? [{ ...claim, index }] : []));
  const found: (Answer | Problem | null)[] = claims.map(() => null);
  if (asked.length === 0) return found;
  const { rows } = await sql<{
    free: boolean;
    open: boolean;
    fingerprint: Buffer | null;
    status: number | null;
    location: string | null;
    body: string | null;
  }>`
    SELECT pg_try_advisory_xact_lock(('x' || encode(substring(asked.key_hash FOR 8), 'hex'))::bit(64)::bigint) AS free,
           k.open_until IS NOT NULL AS open, k.fingerprint, k.status, k.location, k.body
    FROM unnest(${asked.map(({ keyHash }) => keyHash)}::bytea[]) WITH ORDINALITY AS asked(key_hash, position)
    LEFT JOIN LATERAL (SELECT * FROM idempotency_keys WHERE key_hash = asked.key_hash OFFSET 0) k ON true
    ORDER BY asked.position`.execute(trx);
  const open: Buffer[] = [];
  rows.forEach((row, position) => {
    const { index, fingerprint, keyHash } = asked[position]!;
    if (row.fingerprint && !row.fingerprint.equals(fingerprint)) {
      found[index] = keyReused();
    } else if (row.fingerprint) {
      found[index] = { status: row.status!, body: row.body!, location: row.location, replayed: true };
      if (row.open) open.push(keyHash);
    } else if (!row.free) {
      found[index] = new Problem('conflict', 'still-running', {
        retryAfter: 1,
      });
    }
  });
  if (open.length === 0 || (await closeAsTheyAre(trx, open)) === open.length) return found;
  return findAnswers(trx, claims); // The first caller was quicker: now its answer is there.
}

/** @returns how many of them were still open */
async function closeAsTheyAre(trx: Transaction, keyHashes: readonly Buffer[]): Promise<number> {
  const { rows } = await sql`
    UPDATE idempotency_keys SET open_until = NULL
    WHERE key_hash = ANY(${keyHashes}::bytea[]) AND open_until IS NOT NULL RETURNING key_hash`.execute(trx);
  return rows.length;
}

/**
 * Keeps the first answers. Fails on the primary key when another transaction was first; that one then answers. In the order of the keys,
 * as `insertIntoAnswers`: who waits for somebody else's key is not waited for.
 */
export async function saveAnswers(
  trx: Transaction,
  entries: readonly { claim: Claim; answer: Answer }[],
): Promise<void> {
  if (entries.length === 0) return;
  await sql`
    INSERT INTO idempotency_keys (key_hash, fingerprint, status, location, body, open_until)
    SELECT key_hash, fingerprint, status, location, body, clock_timestamp() + open_seconds * interval '1 second'
    FROM unnest(
      ${entries.map(({ claim }) => claim.keyHash)}::bytea[],
      ${entries.map(({ claim }) => claim.fingerprint)}::bytea[],
      ${entries.map(({ answer }) => answer.status)}::smallint[],
      ${entries.map(({ answer }) => answer.location ?? null)}::text[],
      ${entries.map(({ answer }) => answer.body)}::text[],
      ${entries.map(({ answer }) => answer.openSeconds ?? null)}::integer[]
    ) AS saved(key_hash, fingerprint, status, location, body, open_seconds) ORDER BY key_hash`.execute(trx);
}

const CLAIM_BYTES = 64;
const NO_CLAIM = Buffer.alloc(CLAIM_BYTES);

/**
 * Keeps successes as a part of the statement that makes them, without a look before: it fails on the primary key when a key was used,
 * and waits for who is using it.
 * @param answers rows of `position`, from 1 in the order of `claims`, and `body`; those without a claim are not kept
 */
export function insertIntoAnswers(
  claims: readonly (Claim | null)[],
  answers: RawBuilder<unknown>,
): RawBuilder<unknown> {
  // One value for all: as arrays they were written as hex, escaped and read again, at several times the cost.
  const packed = Buffer.concat(
    claims.flatMap((claim) => (claim ? [claim.keyHash, claim.fingerprint] : [NO_CLAIM])),
  );
  return sql`
    INSERT INTO idempotency_keys (key_hash, fingerprint, status, body)
    SELECT substring(claim FOR 32), substring(claim FROM 33), 200, body
    FROM (SELECT body, substring(${packed}::bytea FROM position::integer * ${CLAIM_BYTES} - ${CLAIM_BYTES - 1} FOR ${CLAIM_BYTES}) AS claim
          FROM (${answers}) answers) made
    WHERE claim <> ${NO_CLAIM}::bytea ORDER BY claim`;
}

/**
 * Replaces an answer that was saved as open, and closes it.
 * @returns false when its time is over, or a repeat has been given the answer that was saved
 */
export async function closeAnswer(
  db: Database,
  { keyHash }: Claim,
  { status, location, body }: Answer,
): Promise<boolean> {
  const { rows } = await sql`
    UPDATE idempotency_keys SET status = ${status}, location = ${location ?? null}, body = ${body}, open_until = NULL
    WHERE key_hash = ${keyHash} AND open_until > clock_timestamp() RETURNING key_hash`.execute(db);
  return rows.length > 0;
}

/** Answers are kept at least this long. */
const KEEP_HOURS = 25;

/**
 * Forgets old answers, some at a time so that no delete runs long. Both subqueries are for the indexes: a volatile clock in the
 * condition, or IN, reads the whole table.
 */
export async function deleteOldAnswers(db: Database): Promise<void> {
  await sql`
    DELETE FROM idempotency_keys WHERE key_hash = ANY (ARRAY(
      SELECT key_hash FROM idempotency_keys
      WHERE created_at < (SELECT clock_timestamp()) - ${KEEP_HOURS} * interval '1 hour' LIMIT 5000))`.execute(
    db,
  );
}

/** Writes without changing anything: it fails where nothing can be written. */
export async function writeNothing(db: Database): Promise<void> {
  await sql`DELETE FROM idempotency_keys WHERE false`.execute(db);
}

/**
 * The way every write that is no command on coupons is done: `work` and its answer are one transaction, and a repeat with the same
 * Idempotency-Key gets the first answer. A refusal (a Problem below 500) undoes the work and is kept as the answer. Nothing is committed
 * for a request whose time is over.
 */
export async function write(
  request: FastifyRequest,
  reply: FastifyReply,
  work: (trx: Transaction) => Promise<Answer>,
  claim: Claim | null = readClaim(request),
): Promise<FastifyReply> {
  return sendAnswer(reply, await settleWrite(request, work, claim));
}

/**
 * A write whose body holds a password. Hashing comes before its transaction, and not for a repeat. A repeat with another password
 * looks the same to its fingerprint, so the password itself is asked.
 * @param prepare what is slow; a Problem is the answer, and is not kept
 * @param fits whether the password of the request is what a success has set
 */
export async function writeWithPassword<T>(
  request: FastifyRequest,
  reply: FastifyReply,
  steps: {
    prepare: () => Promise<T>;
    work: (trx: Transaction, prepared: T) => Promise<Answer>;
    fits: () => Promise<boolean>;
  },
): Promise<FastifyReply> {
  const claim = readClaim(request);
  let answer = claim && (await findEarlierAnswer(request.server.db, claim));
  if (!answer) {
    const prepared = await steps.prepare();
    answer = await settleWrite(request, (trx) => steps.work(trx, prepared), claim);
  }
  if (answer.replayed && answer.status < 300 && !(await steps.fits())) throw keyReused();
  return sendAnswer(reply, answer);
}

async function findEarlierAnswer(db: Database, claim: Claim): Promise<Answer | null> {
  const [first] = await inTransaction(db, (trx) => findAnswers(trx, [claim]));
  if (first instanceof Problem) throw first;
  return first ?? null;
}

const keyReused = () => new Problem('idempotency-key-reused');

/** `write` without sending: the answer, committed. */
export function settleWrite(
  request: FastifyRequest,
  work: (trx: Transaction) => Promise<Answer>,
  claim: Claim | null,
): Promise<Answer> {
  return inTransaction(request.server.db, async (trx) => {
    refuseOverdue(request); // It may have waited for its connection.
    const [[first]] = await Promise.all([
      findAnswers(trx, claim ? [claim] : []),
      requireAdminNow(trx, request.caller),
    ]);
    if (!claim) {
      const answer = await work(trx);
      refuseOverdue(request);
      return answer;
    }
    if (first instanceof Problem) throw first;
    if (first) return first;
    await sql`SAVEPOINT before_work`.execute(trx);
    let answer: Answer;
    try {
      answer = await work(trx);
    } catch (error) {
      if (!(error instanceof Problem) || error.status >= 500 || error.code === 'rate-limited') throw error;
      await sql`ROLLBACK TO SAVEPOINT before_work`.execute(trx);
      answer = problemAnswer(error, answerContext(request));
    }
    await saveAnswers(trx, [{ claim, answer }]);
    refuseOverdue(request);
    return answer;
  });
}
