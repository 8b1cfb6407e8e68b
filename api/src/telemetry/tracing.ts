import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Attributes, Context, Link, Span, SpanContext, Tracer, TraceFlags } from '@opentelemetry/api';
import type { Sampler, SpanExporter } from '@opentelemetry/sdk-trace';

export interface TracingOptions {
  /** Where traces go: OTLP over HTTP, without the path `/v1/traces`. */
  endpoint: string;
  /** `name=value`, separated by commas, as `OTEL_EXPORTER_OTLP_HEADERS` has them. */
  headers: string | undefined;
  serviceName: string;
  version: string;
  /** Share of the traces that begin here and are kept, from 0 to 1. */
  ratio: number;
  /** In the place of the exporter, for tests. */
  exporter?: SpanExporter;
}

/** Longest to wait at a stop until the last spans are sent. */
const LAST_SPANS_MS = 2_000;

interface Tracing {
  api: typeof import('@opentelemetry/api');
  tracer: Tracer;
}

/** Undefined: off. Then nothing below costs more than looking at it, and no part of OpenTelemetry is loaded. */
let tracing: Tracing | undefined;
/** The span of what is being done, where that is kept. */
const current = new AsyncLocalStorage<Span>();

/**
 * Turns tracing on for this process. Spans are our own: of requests, of groups of commands, of round trips to the database. They name
 * routes and tables, and hold no code, e-mail, token or value of a statement.
 * @returns what sends the last spans and turns it off
 */
export async function startTracing(options: TracingOptions): Promise<() => Promise<void>> {
  const [api, sdk, otlp, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const exporter =
    options.exporter ??
    new otlp.OTLPTraceExporter({
      url: `${options.endpoint.replace(/\/$/, '')}/v1/traces`,
      headers: readHeaders(options.headers),
    });
  const provider = new sdk.TracerProvider({
    resource: resources.resourceFromAttributes({
      'service.name': options.serviceName,
      'service.version': options.version,
    }),
    idGenerator: { generateTraceId, generateSpanId: () => randomBytes(8).toString('hex') },
    sampler: samplerOf(api, sdk.SamplingDecision, options.ratio),
    // Many requests share a group: each is a link of its span.
    spanLimits: { linkCountLimit: 512 },
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter })],
  });
  const started = { api, tracer: provider.getTracer('coupon-book', options.version) };
  tracing = started;
  return async () => {
    if (tracing === started) tracing = undefined;
    // Whoever stops does not wait long for a collector that is away.
    const patience = new AbortController();
    await Promise.race([
      provider.shutdown().catch(() => undefined),
      wait(LAST_SPANS_MS, undefined, { signal: patience.signal }).catch(() => undefined),
    ]);
    patience.abort();
  };
}

/** Begins with the time in seconds, as AWS X-Ray wants it; to everybody else it is as good as any. */
function generateTraceId(): string {
  const seconds = Math.floor(Date.now() / 1000).toString(16);
  return seconds + randomBytes(12).toString('hex');
}

/** Keeps what belongs to a trace that is kept, by parent or link; of those that begin here, a share. */
function samplerOf(
  api: typeof import('@opentelemetry/api'),
  { RECORD_AND_SAMPLED, NOT_RECORD }: typeof import('@opentelemetry/sdk-trace').SamplingDecision,
  ratio: number,
): Sampler {
  const isKept = (context?: SpanContext) => ((context?.traceFlags ?? 0) & api.TraceFlags.SAMPLED) !== 0;
  return {
    shouldSample(context: Context, _traceId, _name, _kind, _attributes, links: readonly Link[]) {
      const parent = api.trace.getSpanContext(context);
      const kept = parent
        ? isKept(parent)
        : links.length > 0
          ? links.some((link) => isKept(link.context))
          : Math.random() < ratio;
      return { decision: kept ? RECORD_AND_SAMPLED : NOT_RECORD };
    },
    toString: () => `coupon-book ${ratio}`,
  };
}

const readHeaders = (text = ''): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair.includes('='))
      .map((pair) => [pair.slice(0, pair.indexOf('=')).trim(), pair.slice(pair.indexOf('=') + 1).trim()]),
  );

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The caller's span, of a `traceparent` header (https://www.w3.org/TR/trace-context/). */
function readTraceparent(header: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(header ?? '') ?? [];
  if (!traceId || /^0+$/.test(traceId) || /^0+$/.test(spanId!)) return undefined;
  return { traceId, spanId: spanId!, traceFlags: Number.parseInt(flags!, 16) as TraceFlags, isRemote: true };
}

/** Whether spans are made at all. */
export const isTracing = (): boolean => tracing !== undefined;

/** The span of what is being done, if its trace is kept. */
export function currentSpan(): Span | undefined {
  if (!tracing) return undefined;
  const span = current.getStore();
  return span?.isRecording() ? span : undefined;
}

/** Begins the span of a request. What `work` starts belongs to it. */
export function beginRequest(traceparent: string | undefined, work: () => void): Span | undefined {
  if (!tracing) return void work();
  const { api, tracer } = tracing;
  const caller = readTraceparent(traceparent);
  const parent = caller ? api.trace.setSpanContext(api.ROOT_CONTEXT, caller) : api.ROOT_CONTEXT;
  const span = tracer.startSpan('request', { kind: api.SpanKind.SERVER }, parent);
  current.run(span, work);
  return span;
}

/** Ends the span of a request, under its route's pattern. */
export function endRequest(
  span: Span,
  { method, route, status }: { method: string; route: string | undefined; status: number },
): void {
  span.updateName(route === undefined ? method : `${method} ${route}`);
  span.setAttributes({
    'http.request.method': method,
    ...(route !== undefined && { 'http.route': route }),
    'http.response.status_code': status,
  });
  if (status >= 500 && tracing) span.setStatus({ code: tracing.api.SpanStatusCode.ERROR });
  span.end();
}

/** Does `work` in a span below the current one; without one that is kept, just does it. */
export async function inSpan<T>(
  name: () => string,
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  const parent = currentSpan();
  if (!tracing || !parent) return work();
  const { api, tracer } = tracing;
  const span = tracer.startSpan(
    name(),
    { kind: api.SpanKind.CLIENT, attributes },
    api.trace.setSpan(api.ROOT_CONTEXT, parent),
  );
  return endWith(span, work);
}

/**
 * Does `work` for several requests at once: a trace of its own, linked with each of theirs, both ways.
 * @param requests the spans of those whose trace is kept
 */
export async function inSharedSpan<T>(
  name: string,
  requests: readonly Span[],
  attributes: Attributes,
  work: () => Promise<T>,
): Promise<T> {
  // Whoever let it begin is not its parent.
  if (!tracing || requests.length === 0) return current.exit(work);
  const { api, tracer } = tracing;
  const links = requests.map((request) => ({ context: request.spanContext() }));
  const span = tracer.startSpan(name, { links, attributes }, api.ROOT_CONTEXT);
  for (const request of requests) request.addLink({ context: span.spanContext() });
  return endWith(span, () => current.run(span, work));
}

async function endWith<T>(span: Span, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (tracing) span.setStatus({ code: tracing.api.SpanStatusCode.ERROR });
    // Its class, not its message: messages of the database quote values.
    span.setAttribute('error.type', (error as { code?: string }).code ?? (error as Error).name);
    throw error;
  } finally {
    span.end();
  }
}

/** The ids of the current trace for a log line; nothing when it is not kept. */
export function traceIds(): { trace_id?: string; span_id?: string } {
  // Also when it has ended: the line of a request is its last.
  const context = tracing && current.getStore()?.spanContext();
  if (!context || (context.traceFlags & 1) === 0) return {};
  return { trace_id: context.traceId, span_id: context.spanId };
}
