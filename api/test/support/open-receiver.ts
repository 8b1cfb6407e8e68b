import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

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

const HOOK = '/hook/';

/** Somebody's server for webhooks, on this machine. */
export async function openReceiver(
  behave: Behaviour = (_request, response) => void response.writeHead(204).end(),
  host = '127.0.0.1',
): Promise<Receiver> {
  // A path of its own, since its port may have been another receiver's, whose messages still come.
  const path = `${HOOK}${randomUUID()}`;
  const received: Received[] = [];
  const connections = new Set<Socket>();
  const server = createServer((request, response) => {
    if (request.url!.startsWith(HOOK) && !request.url!.startsWith(path)) {
      connections.delete(request.socket);
      response.writeHead(404).end();
      return;
    }
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
    connections.add(socket);
    socket.on('error', () => undefined);
  });
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}${path}`,
    received,
    connections: () => connections.size,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
