import fp from 'fastify-plugin';
import { type Dispatcher, request as send } from 'undici';
import { version } from '../config.ts';
import { answerContext, problemAnswer, sendAnswer } from '../answers/answer.ts';
import { Problem } from '../problems.ts';
import type { Target } from './forward.ts';

/** An answer is believed this long. */
const FRESH_MS = 1_000;
const PATIENCE_MS = 2_500;

declare module 'fastify' {
  interface FastifyInstance {
    /** Which services take traffic, by name. */
    lookAtServices: () => Promise<Record<string, boolean>>;
  }
}

/**
 * The gateway is ready when a service is: what can be answered shall be. Which ones are not, its answer says.
 */
export default fp<{ targets: readonly Target[]; dispatcher: Dispatcher }>(
  async (app, { targets, dispatcher }) => {
    const schema = { hide: true };
    const config = { access: 'public', rateLimit: false } as const;
    let looked: { at: number; states: Promise<Record<string, boolean>> } | undefined;

    app.decorate('lookAtServices', () => {
      if (!looked || performance.now() - looked.at > FRESH_MS)
        looked = { at: performance.now(), states: look() };
      return looked.states;
    });

    app.get('/health/live', { schema, config, logLevel: 'warn' }, async () => ({ status: 'ok', version }));

    app.get('/health/ready', { schema, config, logLevel: 'warn' }, async (request, reply) => {
      const ready = await app.lookAtServices();
      const states = Object.entries(ready).map(([name, isReady]) => [
        name,
        isReady ? 'ready' : 'unavailable',
      ]);
      const reason = app.readiness.draining ? 'stopping' : 'no-service-ready';
      if (!app.readiness.draining && Object.values(ready).includes(true))
        return { status: 'ok', version, services: Object.fromEntries(states) as Record<string, string> };
      const problem = new Problem('unavailable', reason, { retryAfter: 1 });
      return sendAnswer(reply, problemAnswer(problem, answerContext(request)));
    });

    async function look(): Promise<Record<string, boolean>> {
      const states = await Promise.all(
        targets.map(async ({ name, url }) => [name, await isReady(url)] as const),
      );
      return Object.fromEntries(states);
    }

    async function isReady(url: string): Promise<boolean> {
      try {
        const signal = AbortSignal.timeout(PATIENCE_MS);
        const { statusCode, body } = await send(`${url}/health/ready`, { dispatcher, signal });
        await body.dump();
        return statusCode === 200;
      } catch {
        return false;
      }
    }
  },
  { name: 'gateway-health', dependencies: ['problem-details'] },
);
