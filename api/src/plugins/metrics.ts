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

interface Counted {
  labels: Record<'method' | 'route' | 'status_code', string>;
  count: number;
}

/** `/metrics` for Prometheus: the process, and requests by route pattern (never by URL: URLs hold codes). */
export default fp(
  async (app) => {
    client.register.clear();
    client.collectDefaultMetrics();
    app.decorate('metrics', { client });
    // Without the status: with it, each of a route's statuses would have all buckets, and they were nearly all of `/metrics`.
    const durations = new client.Histogram({
      name: 'http_request_duration_seconds',
      help: 'request duration in seconds',
      labelNames: ['method', 'route'],
      buckets: [0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
    });
    const { find, all } = rememberCounts();
    new client.Counter({
      name: 'http_requests_total',
      help: 'requests that were answered, by status',
      labelNames: ['method', 'route', 'status_code'],
      collect() {
        this.reset();
        for (const { labels, count } of all) this.inc(labels, count);
      },
    });
    // Not fastify-metrics: a timer and new labels for each request were a sixth of what an empty one costs.
    app.addHook('onResponse', (request, reply, done) => {
      const counted = find(request, reply.statusCode);
      if (counted) {
        counted.count += 1;
        durations.observe(
          { method: counted.labels.method, route: counted.labels.route },
          reply.elapsedTime / 1000,
        );
      }
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

/** How many requests of each route, method and status there were, with labels that are made once; null: it is not measured. */
function rememberCounts() {
  const byRoute = new WeakMap<object, Map<string, Counted | null>>();
  const all: Counted[] = [];
  function find({ method, routeOptions: { config } }: FastifyRequest, status: number): Counted | null {
    let known = byRoute.get(config);
    if (!known) byRoute.set(config, (known = new Map<string, Counted | null>()));
    const key = method + String(status);
    let counted = known.get(key);
    if (counted === undefined) {
      const { url: route } = config;
      const isMeasured = route && !UNMEASURED.has(route) && MEASURED_METHODS.has(method);
      counted = isMeasured ? { labels: { method, route, status_code: String(status) }, count: 0 } : null;
      if (counted) all.push(counted);
      known.set(key, counted);
    }
    return counted;
  }
  return { find, all };
}
