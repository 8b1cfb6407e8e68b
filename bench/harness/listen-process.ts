// Holds live streams open and counts what they tell, as a process of its own that `listeners.ts` starts and orders.
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { answerOrders } from './child.ts';
import type { ListenOrder } from './listeners.ts';

const PATIENCE_MS = 20_000;
/** How the data of a change begins; messages of the stream itself begin otherwise. */
const CHANGE = Buffer.from('\ndata: {"id":');
const READY = Buffer.from('event: ready\n');
/** Connections that are opened at a time. */
const AT_ONCE = 100;

let changes = 0;

answerOrders(async (order: ListenOrder) => {
  if ('open' in order) {
    const { url, tokens } = order.open;
    const agent = new Agent({ keepAlive: false, maxSockets: Infinity });
    for (let start = 0; start < tokens.length; start += AT_ONCE)
      await Promise.all(tokens.slice(start, start + AT_ONCE).map((token) => listen(agent, url, token)));
    return 0;
  }
  for (const deadline = performance.now() + PATIENCE_MS; changes < order.count; await delay(20))
    if (performance.now() > deadline) break;
  return changes;
});

/** Resolves when the stream says that it is ready. */
function listen(agent: Agent, url: string, token: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const outgoing = request(`${url}/api/v1/events/stream`, { agent, headers }, (response) => {
      if (response.statusCode !== 200)
        return reject(new Error(`a live stream was answered ${response.statusCode}`));
      let rest = Buffer.alloc(0);
      response.on('data', (chunk: Buffer) => {
        const bytes = Buffer.concat([rest, chunk]);
        if (bytes.includes(READY)) resolve();
        for (let at = bytes.indexOf(CHANGE); at !== -1; at = bytes.indexOf(CHANGE, at + 1)) changes += 1;
        // The beginning of a message may be cut in two; a whole one is not counted again.
        rest = bytes.subarray(Math.max(0, bytes.length - CHANGE.length + 1));
      });
      response.on('end', () => {
        throw new Error('a live stream ended');
      });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}
