import fastifyMetrics from 'fastify-metrics';
import fp from 'fastify-plugin';

/** `/metrics` for Prometheus: the process, and requests by route pattern (never by URL: URLs hold codes). */
export default fp(
  async (app) => {
    await app.register(fastifyMetrics.default ?? fastifyMetrics, {
      endpoint: null,
      clearRegisterOnInit: true,
      routeMetrics: {
        registeredRoutesOnly: true,
        routeBlacklist: ['/metrics', '/health/live', '/health/ready'],
      },
    });
    app.get(
      '/metrics',
      { schema: { hide: true }, config: { access: 'public', rateLimit: false }, logLevel: 'warn' },
      async (_request, reply) =>
        reply
          .type('text/plain; version=0.0.4; charset=utf-8')
          .send(await app.metrics.client.register.metrics()),
    );
  },
  { name: 'metrics' },
);
