import { connect, type Socket } from 'node:net';

export interface RawRequest {
  method: string;
  path: string;
  accessToken: string;
  body?: string;
}

export interface LoadResult {
  /** Complete answers. */
  answered: number;
  seconds: number;
  /** Of each answer, unsorted. */
  ms: number[];
  /** Status lines that were not 200, with how often they came. */
  unexpected: Map<string, number>;
}

/**
 * Keeps `connections` keep-alive connections busy, one request at a time on each, until the time is up or `next` has no more. Writes
 * and reads bytes itself: node:http as a client costs more than the server under test.
 */
export async function loadFor(
  url: string,
  connections: number,
  seconds: number,
  next: () => RawRequest | undefined,
): Promise<LoadResult> {
  const { hostname, port } = new URL(url);
  const result: LoadResult = { answered: 0, seconds: 0, ms: [], unexpected: new Map() };
  const sockets = await Promise.all(Array.from({ length: connections }, () => open(hostname, Number(port))));
  const startedAt = performance.now();
  const deadline = startedAt + seconds * 1000;
  await Promise.all(sockets.map((socket) => drive(socket, hostname, deadline, next, result)));
  result.seconds = (performance.now() - startedAt) / 1000;
  for (const socket of sockets) socket.destroy();
  return result;
}

function open(host: string, port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, host, () => resolve(socket));
    socket.setNoDelay(true);
    socket.once('error', reject);
  });
}

function drive(
  socket: Socket,
  host: string,
  deadline: number,
  next: () => RawRequest | undefined,
  result: LoadResult,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let sentAt = 0;
    let received = '';
    const send = () => {
      const request = performance.now() < deadline ? next() : undefined;
      if (!request) return resolve();
      received = '';
      sentAt = performance.now();
      socket.write(encode(request, host));
    };
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
      if (!isComplete(received)) return;
      result.ms.push(performance.now() - sentAt);
      result.answered += 1;
      if (!received.startsWith('HTTP/1.1 200')) {
        const line = received.slice(9, received.indexOf('\r\n'));
        result.unexpected.set(line, (result.unexpected.get(line) ?? 0) + 1);
      }
      send();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the server closed a connection')));
    send();
  });
}

function encode({ method, path, accessToken, body }: RawRequest, host: string): string {
  const head = `${method} ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${accessToken}\r\n`;
  if (body === undefined) return `${head}\r\n`;
  return `${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

function isComplete(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text.slice(0, end));
  return length !== null && text.length >= end + 4 + Number(length[1]);
}
