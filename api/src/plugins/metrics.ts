import cluster from 'node:cluster';
import fastifyMetrics from 'fastify-metrics';
import fp from 'fastify-plugin';
import { readMetricsOfAll } from '../workers/worker.ts';

/** `/metrics` for Prometheus: the process, and requests by route pattern (never by URL: URLs hold codes). */
export default fp(
  async (app) => {
    await app.register(fastifyMetrics.default ?? fastifyMetrics, {
      endpoint: null,
      clearRegisterOnInit: true,
      routeMetrics: {
        enabled: { histogram: true, summary: false },
        registeredRoutesOnly: true,
        routeBlacklist: ['/metrics', '/health/live', '/health/ready'],
        overrides: { histogram: { buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10] } },
      },
    });
    // Whichever worker is asked, it answers for all.
    if (cluster.isWorker) new app.metrics.client.ClusterRegistry();
    app.get(
      '/metrics',
      { schema: { hide: true }, config: { access: 'public', rateLimit: false }, logLevel: 'warn' },
      async (_request, reply) =>
        reply
          .type('text/plain; version=0.0.4; charset=utf-8')
          .send((await readMetricsOfAll()) ?? (await app.metrics.client.register.metrics())),
    );
  },
  { name: 'metrics' },
);
