import fp from 'fastify-plugin';
import type { Config } from '../config.ts';

interface Gauge {
  name: string;
  values: { labels: Record<string, string | number>; value: number }[];
}

/** What is logged: the metrics that alarms are about (observe/rules.yml), each as the worst of its series. */
const WORST: Readonly<Record<string, Record<string, string>>> = {
  relay_stopped: {},
  relay_lag_seconds: {},
  webhook_late_seconds: {},
  job_age_seconds: { status: 'queued' },
  coupons_locked: { lock: 'overdue' },
  database_oldest_transaction_seconds: {},
};

/** The smallest share that a book has left, of the active books with the least. */
const STOCK = 'book_stock_ratio';

export const loggedMetricNames: readonly string[] = [...Object.keys(WORST), STOCK];

/** Logs the metrics that alarms are about, for where the log is what is watched. A chore: done by what sweeps. */
export default fp<{ config: Config }>(
  async (app, { config: { logMetricsSeconds } }) => {
    if (logMetricsSeconds === 0) return;
    const { register } = app.metrics.client;
    let loggedAt = Number.NEGATIVE_INFINITY;
    app.addChore('log metrics', async () => {
      if (performance.now() - loggedAt < logMetricsSeconds * 1000) return;
      loggedAt = performance.now();
      const gauges = (await register.getMetricsAsJSON()) as Gauge[];
      app.log.info({ metrics: summarise(gauges) }, 'metrics');
    });
  },
  { name: 'logged-metrics', dependencies: ['maintenance', 'metrics', 'service-metrics'] },
);

/** What is not known, since the database does not answer or nobody has it, is left out. */
function summarise(gauges: readonly Gauge[]): Record<string, number> {
  const seriesOf = (name: string) => gauges.find((gauge) => gauge.name === name)?.values ?? [];
  const summary: Record<string, number> = {};
  for (const [name, wanted] of Object.entries(WORST)) {
    const values = seriesOf(name)
      .filter(({ labels }) => Object.entries(wanted).every(([key, value]) => labels[key] === value))
      .map(({ value }) => value)
      .filter(Number.isFinite);
    if (values.length > 0) summary[name] = Math.max(...values);
  }
  const totals = new Map(seriesOf('book_coupons_total').map(({ labels, value }) => [labels.book_id, value]));
  const shares = seriesOf('book_coupons_unassigned')
    .map(({ labels, value }) => value / totals.get(labels.book_id)!)
    .filter(Number.isFinite);
  if (shares.length > 0) summary[STOCK] = Math.min(...shares);
  return summary;
}
