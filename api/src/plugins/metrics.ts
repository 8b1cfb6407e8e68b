import cluster from 'node:cluster';
import * as client from '@prometheus-io/client';
import type { FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { readMetricsOfAll } from '../workers/worker.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The library that counts: what has a metric of its own makes it from this. */
    metrics: { client: typeof client };
  }
}

/** What load balancers and Prometheus ask all the time would hide what people wait for. */
const UNMEASURED = new Set(['/metrics', '/health/live', '/health/ready']);
const MEASURED_METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);

type Labels = Record<'method' | 'route' | 'status_code', string | number>;

/** `/metrics` for Prometheus: the process, and requests by route pattern (never by URL: URLs hold codes). */
export default fp(
  async (app) => {
    client.register.clear();
    client.collectDefaultMetrics();
    app.decorate('metrics', { client });
    const durations = new client.Histogram({
      name: 'http_request_duration_seconds',
      help: 'request duration in seconds',
      labelNames: ['method', 'route', 'status_code'],
      buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
    });
    const labelsOf = rememberLabels();
    // Not fastify-metrics: a timer and new labels for each request were a sixth of what an empty one costs.
    app.addHook('onResponse', (request, reply, done) => {
      const labels = labelsOf(request, reply.statusCode);
      if (labels) durations.observe(labels, reply.elapsedTime / 1000);
      done();
    });
    // Whichever worker is asked, it answers for all.
    if (cluster.isWorker) new client.ClusterRegistry();
    app.get(
      '/metrics',
      { schema: { hide: true }, config: { access: 'public', rateLimit: false }, logLevel: 'warn' },
      async (_request, reply) =>
        reply
          .type('text/plain; version=0.0.4; charset=utf-8')
          .send((await readMetricsOfAll()) ?? (await client.register.metrics())),
    );
  },
  { name: 'metrics' },
);

/** The labels of a request, made once for each route, method and status; null: it is not measured. */
function rememberLabels(): (request: FastifyRequest, status: number) => Labels | null {
  const byRoute = new WeakMap<object, Map<string, Labels | null>>();
  return (request, status) => {
    const { method } = request;
    const { config } = request.routeOptions;
    let known = byRoute.get(config);
    if (!known) byRoute.set(config, (known = new Map<string, Labels | null>()));
    const key = method + String(status);
    let labels = known.get(key);
    if (labels === undefined) {
      const { url: route } = config;
      const isMeasured = route && !UNMEASURED.has(route) && MEASURED_METHODS.has(method);
      labels = isMeasured ? { method, route, status_code: status } : null;
      known.set(key, labels);
    }
    return labels;
  };
}
