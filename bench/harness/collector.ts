import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export interface CollectedSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  links?: { spanId: string }[];
}

export type Collector = Awaited<ReturnType<typeof startCollector>>;

interface Export {
  resourceSpans: { scopeSpans: { spans: CollectedSpan[] }[] }[];
}

/** Takes what servers export (OTLP over HTTP, as JSON). Reading it would cost this machine: it is kept only while it is wanted. */
export async function startCollector() {
  let bodies: string[] | undefined;
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const body = await text(request);
    bodies?.push(body);
    response.setHeader('content-type', 'application/json').end('{}');
  };
  const server = createServer((request, response) => void receive(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keep: () => void (bodies = []),
    spans: (): CollectedSpan[] =>
      (bodies ?? []).flatMap((body) =>
        (JSON.parse(body) as Export).resourceSpans.flatMap(({ scopeSpans }) =>
          scopeSpans.flatMap(({ spans }) => spans),
        ),
      ),
    [Symbol.dispose]() {
      server.closeAllConnections();
      server.close();
    },
  };
}
