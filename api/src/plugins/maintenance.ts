import { setTimeout as wait } from 'node:timers/promises';
import fp from 'fastify-plugin';
import type { Config } from '../config.ts';
import { isOutage } from '../database/errors.ts';
import { deleteEndedBudgets } from '../access/budgets.ts';
import { deleteOldAnswers } from '../answers/idempotency.ts';

/** @param stopping aborted when the process stops, which waits for the chore that is under way */
export type Chore = (stopping: AbortSignal) => Promise<unknown>;

declare module 'fastify' {
  interface FastifyInstance {
    /** Adds work that every process does now and then, and that may be done by several at once without harm. */
    addChore: (name: string, chore: Chore) => void;
    /** Does all chores once, one after the other. One that fails is logged, and will be done the next time. */
    doChores: (stopping: AbortSignal) => Promise<void>;
  }
}

/** Does the chores one after the other, every `sweepSeconds`, from when the database is ready until the process stops. */
export default fp<{ config: Config }>(
  async (app, { config }) => {
    const chores = new Map<string, Chore>();
    app.decorate('addChore', (name: string, chore: Chore) => void chores.set(name, chore));
    app.addChore('old idempotency keys', () => deleteOldAnswers(app.db));
    app.addChore('ended budgets', () => deleteEndedBudgets(app.db));
    app.decorate('doChores', async (stopping: AbortSignal) => {
      for (const [name, chore] of chores) if (!stopping.aborted) await attempt(name, chore, stopping);
    });
    if (config.sweepSeconds === 0) return;

    const stopping = new AbortController();
    let running = Promise.resolve();
    app.addHook('onListen', async () => {
      running = keepDoing();
    });
    app.addHook('preClose', async () => {
      stopping.abort();
      await running;
    });

    async function keepDoing(): Promise<void> {
      while (!stopping.signal.aborted) {
        if (app.readiness.prepared) await app.doChores(stopping.signal);
        await wait(config.sweepSeconds * 1000, undefined, { signal: stopping.signal }).catch(() => {});
      }
    }

    async function attempt(name: string, chore: Chore, signal: AbortSignal): Promise<void> {
      try {
        await chore(signal);
      } catch (error) {
        app.log[isOutage(error) ? 'warn' : 'error'](
          { err: error },
          `chore failed, will be tried again: ${name}`,
        );
      }
    }
  },
  { name: 'maintenance', dependencies: ['database'] },
);
