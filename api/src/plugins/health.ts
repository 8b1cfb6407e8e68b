import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import type { FastifyInstance } from 'fastify';
import fp from 'fastify-plugin';
import { version } from '../config.ts';
import { errorCode, POOL_OVERLOADED } from '../database/errors.ts';
import { inTransaction } from '../database/transaction.ts';
import { Problem } from '../problems.ts';
import type { PlainReason } from '../reasons.ts';
import { writeNothing } from '../answers/idempotency.ts';
import { answerContext, problemAnswer, sendAnswer } from '../answers/answer.ts';

/** An answer of the database is believed this long. */
const FRESH_MS = 1_000;
/** A load balancer asks again soon; a slow "no" is worth less to it than a quick one. */
const PATIENCE_MS = 2_000;
const DISK_FULL = '53100';

/** Liveness says "do not restart me"; readiness says "send me traffic": not before migrations, not without the database. */
export default fp(
  async (app) => {
    const schema = { hide: true };
    const config = { access: 'public', rateLimit: false } as const;
    let question: Promise<boolean> | undefined;
    let takesWrites = false;
    let askedAt = Number.NEGATIVE_INFINITY;

    app.get('/health/live', { schema, config, logLevel: 'warn' }, async () => ({ status: 'ok', version }));

    app.get('/health/ready', { schema, config, logLevel: 'warn' }, async (request, reply) => {
      const reason = await reasonNotReady();
      if (reason === null) return { status: 'ok', version };
      // Answered, not thrown: probes of a server that waits for its database would fill the log.
      const problem = new Problem('unavailable', reason, { retryAfter: 1 });
      return sendAnswer(reply, problemAnswer(problem, answerContext(request)));
    });

    async function reasonNotReady(): Promise<PlainReason | null> {
      if (app.readiness.draining) return 'stopping';
      if (!app.readiness.prepared) return 'database-not-ready';
      return (await databaseTakesWrites()) ? null : 'database-read-only';
    }

    /**
     * What requests have just got from the database counts, so that a busy pool, in which a probe would have to queue, is not
     * taken for a database that is away: all nodes would turn away their traffic when there is most of it. The probe, one for all
     * who ask, then tells the next.
     */
    async function databaseTakesWrites(): Promise<boolean> {
      const { answeredAt, refusal } = app.readiness;
      const believed = takesWrites && refusal === undefined;
      const isFresh = (at: number) => performance.now() - at < FRESH_MS;
      if (believed && isFresh(askedAt) && answeredAt !== Number.NEGATIVE_INFINITY) return true;
      question ??= ask().finally(() => (question = undefined));
      if (believed && isFresh(answeredAt)) return true;
      const patience = new AbortController();
      const answer = await Promise.race([question, wait(PATIENCE_MS, false, { signal: patience.signal })]);
      patience.abort();
      return answer;
    }

    async function ask(): Promise<boolean> {
      try {
        await probe(app);
        takesWrites = true;
        app.readiness.refusal = undefined;
      } catch (error) {
        app.log.debug({ err: error }, 'the database takes no changes');
        // One that had no turn has nothing to tell.
        if (errorCode(error) !== POOL_OVERLOADED) takesWrites = false;
      }
      askedAt = performance.now();
      return takesWrites;
    }
  },
  { name: 'health', dependencies: ['database', 'problem-details'] },
);

/**
 * A change of nothing: refused where one of something would be (a standby, a database that is read-only, a role without rights).
 * After a full disk some kilobytes more, into a temporary file: what changes nothing needs no space.
 */
async function probe({ db, readiness }: FastifyInstance): Promise<void> {
  await writeNothing(db);
  if (readiness.refusal === DISK_FULL) {
    await inTransaction(db, async (trx) => {
      await sql`SELECT set_config('work_mem', '64kB', true)`.execute(trx);
      await sql`SELECT count(*) FROM generate_series(1, 20000)`.execute(trx);
    });
  }
}
