import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import fp from 'fastify-plugin';
import { version } from '../config.ts';
import { Problem } from '../problems.ts';
import { answerContext, problemAnswer, sendAnswer } from './answers.ts';

/** An answer of the database is believed this long. */
const FRESH_MS = 1_000;
/** A load balancer asks again soon; a slow "no" is worth less to it than a quick one. */
const PATIENCE_MS = 2_000;

/** Liveness says "do not restart me"; readiness says "send me traffic": not before migrations, not without the database. */
export default fp(
  async (app) => {
    const schema = { hide: true };
    const config = { access: 'public', rateLimit: false } as const;
    let question: Promise<boolean> | undefined;

    app.get('/health/live', { schema, config, logLevel: 'warn' }, async () => ({ status: 'ok', version }));

    app.get('/health/ready', { schema, config, logLevel: 'warn' }, async (request, reply) => {
      const reason = await reasonNotReady();
      if (reason === null) return { status: 'ok', version };
      // Answered, not thrown: probes of a server that waits for its database would fill the log.
      const problem = new Problem('unavailable', reason, { retryAfter: 1 });
      return sendAnswer(reply, problemAnswer(problem, answerContext(request)));
    });

    async function reasonNotReady(): Promise<string | null> {
      if (app.readiness.draining) return 'This process is stopping.';
      if (!app.readiness.prepared) return 'The database is not ready yet.';
      return (await databaseAnswers()) ? null : 'The database does not answer.';
    }

    /**
     * What requests have just got from the database counts, so that a busy pool, in which a probe would have to queue, is not
     * taken for a database that is away: all nodes would turn away their traffic when there is most of it. When there are no
     * requests it is asked, by one probe for all.
     */
    async function databaseAnswers(): Promise<boolean> {
      if (performance.now() - app.readiness.answeredAt < FRESH_MS) return true;
      question ??= ask().finally(() => (question = undefined));
      const patience = new AbortController();
      const answer = await Promise.race([question, wait(PATIENCE_MS, false, { signal: patience.signal })]);
      patience.abort();
      return answer;
    }

    async function ask(): Promise<boolean> {
      try {
        await sql`SELECT 1`.execute(app.db);
        return true;
      } catch (error) {
        app.log.debug({ err: error }, 'the database does not answer');
        return false;
      }
    }
  },
  { name: 'health', dependencies: ['database', 'problem-details'] },
);
