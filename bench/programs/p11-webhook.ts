import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { addBookToAssign, confirmAssigned } from '../harness/claims.ts';
import { signAdminToken } from '../harness/jobs.ts';
import { alternate, compare, turnOfLoad } from '../harness/measure.ts';
import { type Product, withProduct } from '../harness/product.ts';
import { startReceiver } from '../harness/receiver.ts';
import type { Program } from '../program.ts';

const CONNECTIONS = 64;
const EVENTS_PER_SECOND = 1_000;

export const p11Webhook: Program = {
  id: 'P11-webhook',
  title: `assign with one webhook that is told of each, against the same without; how late it is told at ${EVENTS_PER_SECOND} events per second, also while another one hangs`,
  run: (bench) =>
    withProduct(bench, { env: { WEBHOOK_ALLOW_PRIVATE: '127.0.0.1' } }, async (product) => {
      const { server, load } = product;
      const { seconds } = bench.options;
      const { bookId, requests } = await addBookToAssign(bench, product, 3);
      const receiver = await startReceiver();
      const silence = await startSilence();
      try {
        const webhook = await addWebhook(product, receiver.url);
        const hanging = await addWebhook(product, silence.url);
        const extent = { connections: CONNECTIONS, seconds };
        /** Work while the webhook is on. It ends when all of it has arrived, so that nothing is left for the next turn. */
        const told = async <T>(work: () => Promise<T>) => {
          await receiver.forget();
          await webhook.switchOn();
          const first = requests.sent;
          const done = await work();
          const atEnd = (await receiver.arrived()).count;
          const arrivals = await receiver.received(requests.sent - first);
          await webhook.switchOff();
          return { done, arrivals, atEnd };
        };
        const turns = await alternate(
          bench,
          { setting: `${CONNECTIONS} connections` },
          {
            'assign without a webhook': () => turnOfLoad(product, requests, extent),
            async 'assign with a webhook'() {
              const { done, atEnd } = await told(() => turnOfLoad(product, requests, extent));
              return { ...done, details: { ...done.details, 'told per second': atEnd / seconds } };
            },
          },
        );
        const lateness = async () => {
          const order = { url: server.url, work: requests, from: requests.sent, rate: EVENTS_PER_SECOND };
          const { arrivals } = await told(async () => {
            requests.sent += (await load.run({ ...order, ...extent })).answered;
          });
          return { value: arrivals.p99, details: { 'p50 ms': arrivals.p50 } };
        };
        const late = await alternate(
          bench,
          { setting: `${EVENTS_PER_SECOND} events per second`, unit: 'ms', warmUps: 1 },
          {
            'p99 from commit to receiver': lateness,
            async 'p99 while another endpoint hangs'() {
              await hanging.switchOn();
              const measured = await lateness();
              await hanging.switchOff();
              return measured;
            },
          },
        );
        await confirmAssigned(product, bookId, requests.sent);
        const delays = Object.values(late);
        return {
          measures: [...Object.values(turns), ...delays],
          findings: [
            compare(turns['assign with a webhook'], turns['assign without a webhook'], { atLeast: 0.9 }),
            ...delays.map(({ name, values }) => ({ name, values, unit: 'ms', target: { atMost: 2_000 } })),
          ],
          notes: ['Every assignment arrived at the receiver.'],
        };
      } finally {
        receiver.stop();
        silence.stop();
      }
    }),
};

/** Somebody who accepts connections and never says a word. */
async function startSilence() {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A webhook for assignments, which is off until it is switched on. */
async function addWebhook(product: Product, url: string) {
  const { server, sql } = product;
  const response = await fetch(`${server.url}/api/v1/webhooks`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await signAdminToken(product)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url, types: ['coupon.assigned'] }),
  });
  if (!response.ok) throw new Error(await response.text());
  const { id } = (await response.json()) as { id: string };
  const switchOff = () =>
    sql.query(
      "UPDATE webhooks SET disabled_at = clock_timestamp(), disabled_reason = 'administrator' WHERE id = $1",
      [id],
    );
  await switchOff();
  return {
    switchOff,
    switchOn: () =>
      sql.query('UPDATE webhooks SET disabled_at = NULL, disabled_reason = NULL WHERE id = $1', [id]),
  };
}
