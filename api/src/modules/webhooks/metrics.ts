import type { FastifyInstance } from 'fastify';
import { listLateness } from './deliveries/queries.ts';
import { readLags } from './relay/lag.ts';
import type { RelayName } from './relay/queries.ts';

/**
 * How far behind what leaves is, how much leaves, and what fails: by relay, and by webhook (there are at most 100, and the series of one
 * that is gone ends). Never a URL: it may hold a secret.
 */
export function countWhatLeaves(app: FastifyInstance) {
  const { Counter } = app.metrics.client;
  const counter = (name: string, help: string) => new Counter({ name, help, labelNames: ['target'] });
  const failures = counter('events_out_failures_total', 'tries to hand events on that failed');
  const sent = counter('events_out_sent_total', 'messages that were taken');
  const madeWay = new Counter({
    name: 'events_out_made_way_seconds_total',
    help: 'time in which handing events on was limited, because commands kept the process busy',
  });

  app.addDatabaseGauges(
    {
      relay_lag_seconds: { help: 'age of the oldest event that was not handed on', labelNames: ['target'] },
      relay_stopped: { help: '1: the relay waits for an administrator', labelNames: ['target'] },
      webhook_late_seconds: { help: 'how late the longest due delivery is', labelNames: ['target'] },
    },
    async () => {
      const lags = await readLags(app.db);
      const late = await listLateness(app.db);
      return {
        relay_lag_seconds: lags.map(({ name, lagSeconds }) => ({
          labels: { target: name },
          value: lagSeconds,
        })),
        relay_stopped: lags.map(({ name, stoppedAt }) => ({
          labels: { target: name },
          value: stoppedAt ? 1 : 0,
        })),
        webhook_late_seconds: late.map(({ webhookId, lateSeconds }) => ({
          labels: { target: webhookId },
          value: lateSeconds,
        })),
      };
    },
  );

  return {
    onTry: (webhookId: string, succeeded: boolean) =>
      (succeeded ? sent : failures).inc({ target: webhookId }),
    onGone(webhookId: string) {
      sent.remove({ target: webhookId });
      failures.remove({ target: webhookId });
    },
    onMadeWay: (seconds: number) => madeWay.inc(seconds),
    onSent: (relay: RelayName, count: number) => sent.inc({ target: relay }, count),
    onFailure: (relay: RelayName) => failures.inc({ target: relay }),
  };
}
