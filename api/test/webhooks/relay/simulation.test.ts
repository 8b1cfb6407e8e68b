import { setTimeout as wait } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { fanOut } from '../../../src/modules/webhooks/fan-out.ts';
import { insertRelay } from '../../../src/modules/webhooks/relay/queries.ts';
import type { Page, Sink } from '../../../src/modules/webhooks/relay/sink.ts';
import { readStart, takeTurn } from '../../../src/modules/webhooks/relay/turn.ts';
import { startTestApp, type TestApp } from '../../support/app.ts';
import { randomOf } from '../../simulation/random.ts';
import { Killed, liveFor, mortal } from './mortal.ts';

/**
 * The relay as a game: writers whose transactions commit out of order or never, two relays on one database that are killed at any step,
 * or stop for so long that the other takes the lease and both hand on at once. Real PostgreSQL; chance is seeded. Another seed:
 * RELAY_SEED=1234 npm test -- relay/simulation
 */
const SEEDS = process.env.RELAY_SEED
  ? [Number(process.env.RELAY_SEED)]
  : Array.from({ length: 8 }, (_, n) => n + 1);
const MOVES = 80;

let api: TestApp;
let adminId: string;
beforeAll(async () => {
  api = await startTestApp({ config: { databasePoolSize: 20 } });
  adminId = (await api.asAdmin()).id;
});
afterAll(() => api?.close());

interface Sent {
  id: number;
  couponId: number;
}

/** A queue that keeps what comes in, and may be stopped half-way. */
function createQueue(name: 'sqs', step: () => Promise<void>, arrivals: Sent[]): Sink {
  return {
    name,
    async handOn({ messages, save }: Page) {
      for (const { event } of messages) {
        await step();
        arrivals.push({ id: event!.id, couponId: event!.couponId });
      }
      await step();
      await save();
      await step();
    },
  };
}

async function connect(): Promise<pg.Client> {
  const client = new pg.Client(api.databaseUrl);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

interface Writer {
  client: pg.Client;
  open: { ids: number[]; coupons: number[] } | null;
}

const expireLeases = () =>
  sql`UPDATE relays SET leased_until = clock_timestamp() - interval '1 second' WHERE leased_until IS NOT NULL`.execute(
    api.db,
  );

describe.each(['sqs', 'webhooks'] as const)('%s', (name) => {
  test.each(SEEDS)(
    'lose nothing, whoever is killed when, and keep the order of each coupon: seed %i',
    async (seed) => {
      const { int: pick, chance } = randomOf('relay', name, seed);
      await sql`DELETE FROM relays`.execute(api.db);
      await sql`DELETE FROM webhooks`.execute(api.db);
      const { rows: hooks } = await sql<{ id: string }>`
      INSERT INTO webhooks (url, types, secret) VALUES ('https://example.org', '{coupon.locked}', ${Buffer.alloc(32)})
      RETURNING id`.execute(api.db);
      await insertRelay(api.db, name, await readStart(api.db));

      const writers: Writer[] = [];
      for (let n = 0; n < 3; n += 1) writers.push({ client: await connect(), open: null });
      const committed: Sent[] = [];
      const arrivals: Sent[] = [];
      const turns = new Set<Promise<void>>();
      const gates: (() => void)[] = [];
      let frozen = false;

      const write = async (writer: Writer) => {
        if (!writer.open) await writer.client.query('BEGIN');
        writer.open ??= { ids: [], coupons: [] };
        // A coupon's row is held by one transaction: nobody else writes of it until that ends.
        const held = writers.flatMap(({ open }) => (open === writer.open ? [] : (open?.coupons ?? [])));
        const couponId = seed * 1000 + pick(5);
        if (held.includes(couponId)) return;
        const { rows } = await writer.client.query<{ id: string }>(
          `INSERT INTO events (type, book_id, coupon_id, user_id, occurred_at)
         SELECT 'coupon.locked', $1, $2, $1, clock_timestamp() FROM generate_series(1, $3) RETURNING id`,
          [adminId, couponId, 1 + pick(4)],
        );
        for (const { id } of rows) {
          writer.open.ids.push(Number(id));
          writer.open.coupons.push(couponId);
        }
      };
      const end = async (writer: Writer, how: 'COMMIT' | 'ROLLBACK') => {
        if (!writer.open) return;
        await writer.client.query(how);
        const { ids, coupons } = writer.open;
        if (how === 'COMMIT') committed.push(...ids.map((id, n) => ({ id, couponId: coupons[n]! })));
        writer.open = null;
      };
      const relay = (steps: number, mayFreeze: boolean) => {
        const life = liveFor(steps);
        const step = async () => {
          life.step();
          if (mayFreeze && frozen && chance(0.2)) await new Promise<void>((go) => gates.push(go));
        };
        const sink: Sink =
          name === 'sqs'
            ? createQueue('sqs', step, arrivals)
            : {
                name,
                async handOn(page) {
                  await step();
                  await fanOut.handOn(page);
                  await step();
                },
              };
        const turn = takeTurn({
          db: mortal(api.db, life),
          sink,
          log: api.app.log,
          stopping: new AbortController().signal,
        })
          .then(() => undefined)
          .catch((error: unknown) => {
            if (!(error instanceof Killed) && !life.isOver()) throw error;
          });
        turns.add(turn);
        void turn.finally(() => turns.delete(turn)).catch(() => undefined);
        return turn;
      };

      for (let move = 0; move < MOVES; move += 1) {
        frozen = true;
        const writer = writers[pick(writers.length)]!;
        switch (pick(7)) {
          case 0:
          case 1:
            await write(writer);
            break;
          case 2:
            await end(writer, chance(0.75) ? 'COMMIT' : 'ROLLBACK');
            break;
          case 3:
            void relay(pick(25), true);
            break;
          case 4:
            await relay(pick(40), false);
            break;
          case 5:
            await expireLeases(); // Whoever had it was killed, or stands still.
            break;
          case 6:
            gates.splice(pick(gates.length), 1)[0]?.();
        }
        await wait(0);
      }
      frozen = false;
      for (const writer of writers) await end(writer, 'COMMIT');
      for (const go of gates.splice(0)) go();
      await Promise.all(turns);
      await expireLeases();
      await relay(Infinity, false);

      const ids = committed.map(({ id }) => id).sort((a, b) => a - b);
      if (name === 'webhooks') {
        const { rows } = await sql<{ id: number }>`
        SELECT event_id AS id FROM webhook_deliveries WHERE webhook_id = ${hooks[0]!.id} ORDER BY event_id`.execute(
          api.db,
        );
        expect(rows.map(({ id }) => id)).toEqual(ids);
        return;
      }
      // What comes again is dropped by its id, as a FIFO queue does.
      const first = [...new Map(arrivals.map((sent) => [sent.id, sent])).values()];
      expect(first.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids);
      for (const couponId of new Set(first.map((sent) => sent.couponId))) {
        const order = first.filter((sent) => sent.couponId === couponId).map(({ id }) => id);
        expect(order).toEqual([...order].sort((a, b) => a - b));
      }
    },
  );
});
