// Somebody's server for webhooks, as a process of its own that `receiver.ts` starts and orders.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { answerOrders } from './child.ts';
import type { Arrivals, ReceiveOrder } from './receiver.ts';

const PATIENCE_MS = 300_000;

/** When the first of each message arrived after what it tells of, in milliseconds: the clock is the database's, which is this machine's. */
let delays = new Map<string, number>();
/** What happened before is not counted: a webhook that was just switched on is told of the last seconds too. */
let since = 0;

const server = createServer((request, response) => {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  request.on('end', () => {
    const { id, time } = JSON.parse(Buffer.concat(parts).toString()) as { id: string; time: string };
    const happenedAt = Date.parse(time);
    if (happenedAt >= since && !delays.has(id)) delays.set(id, Date.now() - happenedAt);
    response.writeHead(204).end();
  });
});

answerOrders(async (order: ReceiveOrder): Promise<Arrivals> => {
  if (order === 'listen') {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  }
  if (order === 'forget') {
    delays = new Map();
    since = Date.now();
  }
  if (typeof order === 'object')
    for (const deadline = performance.now() + PATIENCE_MS; delays.size < order.untilCount; await delay(20))
      if (performance.now() > deadline) break;
  const sorted = [...delays.values()].sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.floor((sorted.length - 1) * share)] ?? 0;
  return { port: (server.address() as AddressInfo).port, count: sorted.length, p50: at(0.5), p99: at(0.99) };
});
