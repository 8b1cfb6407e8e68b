import { startFauxqs } from 'fauxqs';
import pg from 'pg';
import { expect, onTestFinished, test, vi } from 'vitest';
import { inRows, sendInBatches } from '../../../src/modules/webhooks/relay/batches.ts';
import { createSqs } from '../../../src/modules/webhooks/relay/sqs.ts';
import { makeCertificate } from '../../support/certificate.ts';
import { createTestDatabase } from '../../support/database.ts';
import { CREDENTIALS, startEventBus } from '../../support/event-bus.ts';
import { eventually } from '../../support/eventually.ts';
import { startReceiver } from '../../support/receiver.ts';
import { launchServer, untilReady } from '../../support/server.ts';

interface Envelope {
  id: string;
  type: string;
  subject: string;
  data: { eventId: number; coupon: { code: string }; user: object; details: object };
}

/** What anybody may write into the metadata of a redemption, and a queue refuses. */
const NOT_FOR_XML = 'before \u0007\u007f\ufffe\uffff after';
const COUPONS = 5;
const EVENTS = 60;
const AS_ITSELF = {
  AWS_REGION: CREDENTIALS.region,
  AWS_ACCESS_KEY_ID: CREDENTIALS.id,
  AWS_SECRET_ACCESS_KEY: CREDENTIALS.secret,
};

/** A queue, a database, and a server that hands on from the one to the other; the relays begin where they are made. */
async function startWithQueue(
  name: string,
  {
    attributes,
    relays,
    env,
  }: { attributes?: Record<string, string>; relays: number; env?: Record<string, string> },
) {
  const database = await createTestDatabase();
  const queues = await startFauxqs({ port: 0, logger: false });
  const { queueUrl } = queues.createQueue(name, {
    region: CREDENTIALS.region,
    ...(attributes && { attributes }),
  });
  const server = await launchServer({
    DATABASE_URL: database.url,
    // Its name for itself is one that only some machines look up.
    SQS_QUEUE_URL: new URL(new URL(queueUrl).pathname, queues.address).href,
    ...AS_ITSELF,
    ...env,
  });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await server.exited;
    await queues.stop();
    await database.drop();
  });
  await untilReady(server);
  const client = new pg.Client(database.url);
  await client.connect();
  onTestFinished(() => client.end());
  await eventually(async () => (await client.query('SELECT FROM relays')).rows.length === relays);
  return { client, queues };
}

test('every event reaches a FIFO queue in the order of its coupon, and a bus that refuses entries and checks signatures', async () => {
  const certificate = makeCertificate('localhost');
  const bus = await startEventBus(certificate);
  const { client, queues } = await startWithQueue('coupons.fifo', {
    attributes: { FifoQueue: 'true' },
    relays: 2,
    env: {
      EVENT_BUS_NAME: 'coupons',
      AWS_ENDPOINT_URL_EVENTBRIDGE: bus.url,
      NODE_EXTRA_CA_CERTS: certificate.file,
    },
  });

  const id = '0199f0a2-71aa-7b02-8a34-5c1de2a0a7f3';
  for (let n = 0; n < EVENTS; n += 10) {
    await client.query(
      `INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at, code, book_name)
       SELECT 'coupon.locked', $1, n % $2, $1, clock_timestamp(), 'SECRET-CODE-' || n % $2, 'Book' FROM generate_series(1, 10) n`,
      [id, COUPONS],
    );
  }
  const { rows } = await client.query<{ id: string }>('SELECT id FROM events ORDER BY id');
  const ids = rows.map((row) => Number(row.id));

  const queued = () =>
    queues.inspectQueue('coupons.fifo')!.messages.ready.map(({ body }) => JSON.parse(body) as Envelope);
  await eventually(() => queued().length >= EVENTS);
  const onQueue = queued();
  expect(onQueue.map(({ data }) => data.eventId).sort((a, b) => a - b)).toEqual(ids);
  for (const subject of new Set(onQueue.map((message) => message.subject))) {
    const order = onQueue.filter((message) => message.subject === subject).map(({ data }) => data.eventId);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  }

  await eventually(() => bus.taken.length >= EVENTS);
  const onBus = bus.taken.map(({ Detail }) => JSON.parse(Detail) as Envelope);
  expect([...new Set(onBus.map(({ data }) => data.eventId))].sort((a, b) => a - b)).toEqual(ids);
  expect(bus.taken[0]).toMatchObject({
    EventBusName: 'coupons',
    Source: 'coupon-book',
    DetailType: 'coupon.locked',
  });
  // Those that were refused came again, and those alone.
  expect(bus.refused.size).toBeGreaterThan(0);
  expect(bus.taken).toHaveLength(EVENTS);
  expect(bus.badSignatures()).toBe(0);
  expect(JSON.stringify([onQueue, onBus])).not.toContain('SECRET-CODE');
});

test('every event reaches a standard queue, which knows no groups', async () => {
  const { client, queues } = await startWithQueue('coupons', { relays: 1 });
  const userId = '0199f0a2-71aa-7b02-8a34-5c1de2a0a7f3';
  await client.query(
    "INSERT INTO users (id, email, external_id) VALUES ($1, 'ada@example.org', 'customer-17')",
    [userId],
  );
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at, code, book_name, data)
     SELECT 'coupon.redeemed', $1, 1, $1, clock_timestamp(), 'SECRET-CODE', 'Book', $2 FROM generate_series(1, 25) RETURNING id`,
    [userId, { metadata: { note: NOT_FOR_XML } }],
  );
  const queued = () => queues.inspectQueue('coupons')!.messages.ready;
  await eventually(() => queued().length >= rows.length);
  const envelopes = queued().map(({ body }) => JSON.parse(body) as Envelope);
  for (const { data } of envelopes) {
    expect(data.user).toEqual({ id: userId, externalId: 'customer-17' });
    expect(data.details).toEqual({ metadata: { note: NOT_FOR_XML } });
  }
  const ids = envelopes.map(({ data }) => data.eventId);
  expect([...new Set(ids)].sort((a, b) => a - b)).toEqual(rows.map(({ id }) => Number(id)));
  expect(JSON.stringify(queued())).not.toContain('SECRET-CODE');
});

test('an entry that is refused is sent again before the next of its group', async () => {
  const entries = Array.from({ length: 57 }, (_, n) => ({ n, group: `g${n % 4}` }));
  const arrived: typeof entries = [];
  let calls = 0;
  for (const row of inRows(entries, ({ group }) => group)) {
    await sendInBatches(
      row,
      async (batch) =>
        batch.flatMap((entry, index) => {
          calls += 1;
          if (calls % 3 === 0) return [{ index, reason: 'no' }];
          arrived.push(entry);
          return [];
        }),
      new AbortController().signal,
    );
  }
  expect(arrived).toHaveLength(entries.length);
  for (const group of ['g0', 'g1', 'g2', 'g3']) {
    const order = arrived.filter((entry) => entry.group === group).map(({ n }) => n);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  }
});

test('entries that are always refused end in an error, not in silence', async () => {
  await expect(
    sendInBatches(['a'], async () => [{ index: 0, reason: 'InternalFailure' }], new AbortController().signal),
  ).rejects.toThrow('InternalFailure');
});

test('a bus that takes three entries of ten at a time gets each of them once', async () => {
  const arrived: number[] = [];
  await sendInBatches(
    Array.from({ length: 100 }, (_, n) => n),
    async (batch) => {
      arrived.push(...batch.slice(0, 3));
      return batch.slice(3).map((_, n) => ({ index: n + 3, reason: 'ThrottlingException' }));
    },
    new AbortController().signal,
  );
  expect(arrived.sort((a, b) => a - b)).toEqual(Array.from({ length: 100 }, (_, n) => n));
});

test('after a request that fails, no other of its page is begun', async () => {
  let begun = 0;
  let fail: (error: Error) => void = () => undefined;
  const sending = sendInBatches(
    Array.from({ length: 500 }, (_, n) => n),
    async () => {
      begun += 1;
      if (begun === 1) await new Promise((_, reject) => (fail = reject));
      else if (begun === 8) fail(new Error('cut'));
      await new Promise(setImmediate);
      return [];
    },
    new AbortController().signal,
  );
  await expect(sending).rejects.toThrow('cut');
  const then = begun;
  for (let n = 0; n < 10; n += 1) await new Promise(setImmediate);
  expect([begun - then, begun < 50]).toEqual([0, true]);
});

/** Hands one message on to a queue that is this server. */
async function handOnTo(url: string) {
  for (const [name, value] of Object.entries(AS_ITSELF)) vi.stubEnv(name, value);
  onTestFinished(() => void vi.unstubAllEnvs());
  let sent = 0;
  let saved = false;
  const sink = createSqs({
    queueUrl: `${url}/000000000000/coupons`,
    source: 'coupon-book',
    onSent: (count) => (sent += count),
    answerWithinMs: 300,
  });
  const handedOn = sink.handOn({
    messages: [{ id: 'test-1', type: 'webhook.test', occurredAt: new Date(0) }],
    webhookId: null,
    isReplay: false,
    signal: new AbortController().signal,
    save: async () => void (saved = true),
  });
  const error = await handedOn.then(
    () => 'none',
    ({ message }: Error) => message,
  );
  return { error, sent, saved };
}

test('a queue that takes a request and never answers holds nobody up', async () => {
  const { url } = await startReceiver(() => undefined);
  expect(await handOnTo(new URL(url).origin)).toEqual({
    error: 'there was no answer in time',
    sent: 0,
    saved: false,
  });
});

test('an answer that does not name a message took none', async () => {
  const { url } = await startReceiver((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' }).end('{}');
  });
  expect(await handOnTo(new URL(url).origin)).toEqual({
    error: 'entries were refused: no-answer',
    sent: 0,
    saved: false,
  });
});
