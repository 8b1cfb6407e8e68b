import fp from 'fastify-plugin';
import { poolUse } from '../database/connection.ts';
import { findOldestTransactionAge } from '../database/activity.ts';

/** Prometheus may come every second, and from several places: the database is asked this often. */
const FRESH_MS = 10_000;

interface Sample {
  labels?: Record<string, string>;
  value: number;
}

interface GaugeDescription {
  help: string;
  labelNames?: readonly string[];
}

declare module 'fastify' {
  interface FastifyInstance {
    /**
     * Adds gauges that are read from the database, all by one call of `read`, when `/metrics` is asked for. All processes show the
     * same; while the database does not answer there are none, which says more than old ones.
     */
    addDatabaseGauges: <Name extends string>(
      gauges: Record<Name, GaugeDescription>,
      read: () => Promise<Record<Name, readonly Sample[]>>,
    ) => void;
    /** Counts an answer that refuses, where this plugin is: answering does not depend on being counted. */
    countRefusal?: (operation: string, code: string) => void;
  }
}

/** What is measured of the service itself: refusals by their code, the pool, and what modules read from the database. */
export default fp(
  async (app) => {
    const { Counter, Gauge } = app.metrics.client;
    const refusals = new Counter({
      name: 'refusals_total',
      help: 'answers that refuse, by operation and code of the problem',
      labelNames: ['operation', 'code'],
    });
    app.decorate('countRefusal', (operation: string, code: string) => refusals.inc({ operation, code }));

    new Gauge({
      name: 'database_connections',
      help: 'connections of this process to the database, and requests that wait for one',
      labelNames: ['state'],
      collect() {
        const { open, idle, waiting } = poolUse(app.db);
        this.set({ state: 'busy' }, open - idle);
        this.set({ state: 'idle' }, idle);
        this.set({ state: 'waiting' }, waiting);
      },
    });

    app.decorate('addDatabaseGauges', (gauges, read) => {
      let reading: ReturnType<typeof read> | undefined;
      let readAt = Number.NEGATIVE_INFINITY;
      const readFresh = () => {
        if (!reading || performance.now() - readAt > FRESH_MS) {
          readAt = performance.now();
          reading = app.readiness.prepared ? read() : Promise.reject(new Error('not ready'));
          reading.catch(() => (readAt = Number.NEGATIVE_INFINITY));
        }
        return reading;
      };
      for (const [name, { help, labelNames = [] }] of Object.entries<GaugeDescription>(gauges)) {
        new Gauge({
          name,
          help,
          labelNames,
          aggregator: 'max',
          async collect() {
            this.reset();
            if (labelNames.length === 0) this.set(Number.NaN);
            const samples = await readFresh().then(
              (all): readonly Sample[] => all[name as keyof typeof gauges] ?? [],
              () => [],
            );
            for (const { labels = {}, value } of samples) this.set(labels, value);
          },
        });
      }
    });

    app.addDatabaseGauges(
      {
        database_oldest_transaction_seconds: {
          help: 'age of the oldest transaction in the database, of whoever',
        },
      },
      async () => ({
        database_oldest_transaction_seconds: [{ value: await findOldestTransactionAge(app.db) }],
      }),
    );
  },
  { name: 'service-metrics', dependencies: ['metrics', 'database'] },
);
