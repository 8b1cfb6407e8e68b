import fp from 'fastify-plugin';
import type { Span } from '@opentelemetry/api';
import { type Config, version } from '../config.ts';
import { beginRequest, endRequest, isTracing, startTracing } from '../telemetry/tracing.ts';

/** A span for each request, when an OTLP endpoint is configured. Registered first: what comes before it is in no trace. */
export default fp<{ config: Config }>(
  async (app, { config }) => {
    if (config.otlpEndpoint !== undefined) {
      const stop = await startTracing({
        endpoint: config.otlpEndpoint,
        headers: config.otlpHeaders,
        serviceName: config.otelServiceName,
        version,
        ratio: config.traceRatio,
      });
      app.addHook('onClose', stop);
    }
    if (!isTracing()) return;

    const spans = new WeakMap<object, Span>();
    app.addHook('onRequest', (request, _reply, done) => {
      // Only a proxy of ours may say that a trace is to be kept: strangers would have us keep all of theirs.
      const trusted = (request.ips?.length ?? 0) > 1;
      const { traceparent } = request.headers;
      const span = beginRequest(trusted && typeof traceparent === 'string' ? traceparent : undefined, done);
      if (span) spans.set(request, span);
    });
    app.addHook('onResponse', (request, reply, done) => {
      const span = spans.get(request);
      const { url } = request.routeOptions;
      if (span) endRequest(span, { method: request.method, route: url, status: reply.statusCode });
      done();
    });
  },
  { name: 'tracing' },
);
