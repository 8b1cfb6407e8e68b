import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  headers: Record<string, string>;
  body: string;
  at: number;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** Connections that were made to it. */
  connections: () => number;
  close: () => void;
}

/** How a receiver answers. Nothing told: 204. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** Somebody's server for webhooks, on this machine. */
export async function openReceiver(
  behave: Behaviour = (_request, response) => void response.writeHead(204).end(),
  host = '127.0.0.1',
): Promise<Receiver> {
  const received: Received[] = [];
  let connections = 0;
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('error', () => undefined);
    request.on('data', (part: string) => (body += part));
    request.on('end', () => {
      received.push({ headers: request.headers as Record<string, string>, body, at: performance.now() });
      behave(request, response, body);
    });
    response.on('error', () => undefined);
  });
  server.on('connection', (socket) => {
    connections += 1;
    socket.on('error', () => undefined);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}/hook`,
    received,
    connections: () => connections,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
