import { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { sql } from 'kysely';
import type { Database, Transaction } from '../database/connection.ts';
import { Problem } from '../problems.ts';
import { createRecentMap } from '../recent-map.ts';
import { type Caller, callerOf } from './caller.ts';

/** A token lives for minutes; an administrator's rights end at once for what they change, and within 5 s for what they read. */
const RECENT_MS = 2_000;
/** Most administrators whose last answer is remembered; the longest known is forgotten first. */
const MAX_REMEMBERED = 1_000;

type Rights = 'administrator' | 'demoted' | 'disabled';

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Refuses a caller whose token says ADMIN and who is no enabled administrator any more. Asks the database, or takes its answer of
     * the last two seconds: for reads. A USER costs nothing here.
     */
    requireRecentAdmin: (caller: Caller) => Promise<void>;
  }
}

/** As `requireRecentAdmin`, asked now: for what changes something. In a transaction, what has been committed by then counts. */
export async function requireAdminNow(db: Database | Transaction, caller: Caller | null): Promise<void> {
  if (caller?.role === 'ADMIN') refuseLostRights(await findRights(db, caller.id));
}

/** @throws {Problem} of `requireRecentAdmin`: unauthenticated when disabled, forbidden when demoted */
export function rememberRights(db: Database): (caller: Caller) => Promise<void> {
  const asked = createRecentMap<string, { at: number; answer: Promise<Rights> }>(MAX_REMEMBERED);

  function recentRights(id: string): Promise<Rights> {
    const known = asked.get(id);
    if (known && performance.now() - known.at < RECENT_MS) return known.answer;
    const answer = findRights(db, id);
    asked.set(id, { at: performance.now(), answer });
    answer.catch(() => asked.get(id)?.answer === answer && asked.delete(id));
    return answer;
  }

  return async ({ id, role }) => {
    if (role === 'ADMIN') refuseLostRights(await recentRights(id));
  };
}

/**
 * The parts of a long answer to an ADMIN, as a stream. The account is asked for again while it runs, and the connection breaks when
 * the rights are gone, also while the client reads nothing.
 */
export function streamToAdmin(request: FastifyRequest, parts: AsyncIterable<string>): Readable {
  const { requireRecentAdmin } = request.server;
  const caller = callerOf(request);
  async function* permitted(): AsyncGenerator<string> {
    for await (const part of parts) {
      await requireRecentAdmin(caller);
      yield part;
    }
  }
  const stream = Readable.from(permitted());
  const again = setInterval(() => {
    requireRecentAdmin(caller).catch((error: unknown) => {
      // Without a database nothing more is read, and the reading says so itself.
      if (error instanceof Problem) stream.destroy(error);
    });
  }, RECENT_MS).unref();
  return stream.once('close', () => clearInterval(again));
}

async function findRights(db: Database | Transaction, id: string): Promise<Rights> {
  const { rows } = await sql<{ rights: Rights }>`
    SELECT CASE WHEN disabled_at IS NOT NULL THEN 'disabled' WHEN role = 'ADMIN' THEN 'administrator' ELSE 'demoted' END AS rights
    FROM users WHERE id = ${id}`.execute(db);
  return rows[0]?.rights ?? 'disabled';
}

function refuseLostRights(rights: Rights): void {
  if (rights === 'disabled') throw new Problem('unauthenticated');
  if (rights === 'demoted') throw new Problem('forbidden', 'admins-only');
}
