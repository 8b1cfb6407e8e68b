import type { FastifyInstance } from 'fastify';
import { listLateness } from './deliveries/queries.ts';
import { readLags } from './relay/lag.ts';
import type { RelayName } from './relay/queries.ts';

/**
 * How far behind what leaves is, how much leaves, and what fails: by relay, and by webhook (there are at most 100, and the series of one
 * that is gone ends). Never a URL: it may hold a secret.
 */
export function countWhatLeaves(app: FastifyInstance) {
  const { Counter, Gauge } = app.metrics.client;
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames: ['target'] });
  const failures = counter('events_out_failures_total', 'tries to hand events on that failed');
  const sent = counter('events_out_sent_total', 'messages that were taken');

  // What the database says is the same whichever process is asked.
  const gauge = (name: string, help: string, read: () => Promise<[string, number][]>) =>
    new Gauge({
      name,
      help,
      labelNames: ['target'],
      aggregator: 'max',
      async collect() {
        if (!app.readiness.prepared) return;
        const values = await read().catch(() => []);
        this.reset();
        for (const [target, value] of values) this.set({ target }, value);
      },
    });
  gauge('relay_lag_seconds', 'age of the oldest event that was not handed on', async () =>
    (await readLags(app.db)).map(({ name, lagSeconds }) => [name, lagSeconds]),
  );
  gauge('relay_stopped', '1: the relay waits for an administrator', async () =>
    (await readLags(app.db)).map(({ name, stoppedAt }) => [name, stoppedAt ? 1 : 0]),
  );
  gauge('webhook_late_seconds', 'how late the longest due delivery is', async () =>
    (await listLateness(app.db)).map(({ webhookId, lateSeconds }) => [webhookId, lateSeconds]),
  );

  return {
    onTry: (webhookId: string, succeeded: boolean) =>
      (succeeded ? sent : failures).inc({ target: webhookId }),
    onGone(webhookId: string) {
      sent.remove({ target: webhookId });
      failures.remove({ target: webhookId });
    },
    onSent: (relay: RelayName, count: number) => sent.inc({ target: relay }, count),
    onFailure: (relay: RelayName) => failures.inc({ target: relay }),
  };
}
