import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { openStream } from '../../race/event-stream.ts';
import { selectModules } from '../../src/modules/index.ts';
import { formatPlace, readPlace } from '../../src/modules/history/stream/messages.ts';
import {
  covers,
  cutAt,
  formatSnapshot,
  hasSeen,
  parseSnapshot,
  readSnapshotText,
  type Snapshot,
  withAtMost,
} from '../../src/modules/history/snapshot.ts';
import { startTestApp, type TestApp, type TestUser } from '../support/app.ts';
import { eventually } from '../support/eventually.ts';
import { command, insertBook } from '../support/nodes.ts';

describe('a snapshot', () => {
  const snapshots = fc
    .tuple(
      fc.integer({ min: 3, max: 200 }),
      fc.uniqueArray(fc.integer({ min: 1, max: 199 }), { maxLength: 20 }),
    )
    .map(([end, running]): Snapshot => ({
      end,
      running: running.filter((x) => x < end).sort((x, y) => x - y),
    }));
  const transactions = Array.from({ length: 210 }, (_, txid) => txid + 1);
  const seenBy = (snapshot: Snapshot) => transactions.filter((txid) => hasSeen(snapshot, txid));

  test('is what PostgreSQL says', () => {
    expect(parseSnapshot('10:20:10,14,15')).toEqual({ end: 20, running: [10, 14, 15] });
    expect(parseSnapshot('10:10:')).toEqual({ end: 10, running: [] });
  });

  test('survives being written and read', () => {
    fc.assert(
      fc.property(snapshots, snapshots, fc.nat(), (from, to, eventId) => {
        expect(readSnapshotText(formatSnapshot(from))).toEqual(from);
        expect(readPlace(formatPlace({ from, to, eventId }))).toEqual({ from, to, eventId });
      }),
    );
  });

  test('covers another exactly when it has seen all that the other has', () => {
    fc.assert(
      fc.property(snapshots, snapshots, (later, earlier) => {
        const seen = new Set(seenBy(later));
        expect(covers(later, earlier)).toBe(
          seenBy(earlier).every((txid) => seen.has(txid)) && earlier.end <= later.end,
        );
      }),
    );
  });

  test('sees nothing that it did not see before it was cut', () => {
    fc.assert(
      fc.property(
        snapshots,
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 5 }),
        (one, at, most) => {
          expect(seenBy(cutAt(one, at))).toEqual(seenBy(one).filter((txid) => txid < at));
          const small = withAtMost(one, most);
          expect(small.running.length).toBeLessThanOrEqual(most);
          expect(covers(one, small)).toBe(true);
        },
      ),
    );
  });
});

describe('after a dump was restored into a younger cluster', () => {
  let t: TestApp;
  let admin: TestUser;
  let user: TestUser;
  beforeAll(async () => {
    const first = await startTestApp({ modules: selectModules(['coupons', 'history']) });
    [admin, user] = await Promise.all([first.asAdmin(), first.asUser()]);
    t = first;
  });
  afterAll(() => t?.close());

  const list = async (url: string) =>
    ((await t.app.inject({ url, headers: admin.headers })).json() as { items: { id: number }[] }).items;

  test('its rows are listed, and not told as if they were new', async () => {
    const book = await insertBook(t.db, 3);
    const [old, fresh] = book.codes as [string, string];
    for (const name of ['assign', 'lock', 'redeem'] as const) await command(t, user, name, old);
    // What the other cluster's transactions were called.
    for (const table of ['events', 'redemption_history']) {
      await sql`ALTER TABLE ${sql.table(table)} DISABLE TRIGGER USER`.execute(t.db);
      await sql`UPDATE ${sql.table(table)} SET txid = '99999999'::xid8`.execute(t.db);
      await sql`ALTER TABLE ${sql.table(table)} ENABLE TRIGGER USER`.execute(t.db);
    }
    const restored = await startTestApp({
      modules: selectModules(['coupons', 'history']),
      databaseUrl: t.databaseUrl,
      config: { sweepSeconds: 0 },
    });
    onTestFinished(() => restored.close());
    const url = await restored.app.listen({ port: 0, host: '127.0.0.1' });
    const stream = await openStream(url, { headers: admin.headers });
    onTestFinished(() => stream.cut());
    await eventually(() => stream.messages.length > 0);

    expect(await list(`/api/v1/events?bookId=${book.id}`)).toHaveLength(3);
    expect(await list(`/api/v1/redemptions?bookId=${book.id}`)).toHaveLength(1);
    for (const name of ['assign', 'lock', 'redeem'] as const) await command(t, user, name, fresh);
    await eventually(() => stream.changes().length >= 3);
    expect(stream.changes().map(({ code }) => code)).toEqual([fresh, fresh, fresh]);
    expect(await list(`/api/v1/events?bookId=${book.id}`)).toHaveLength(6);
    expect(await list(`/api/v1/redemptions?bookId=${book.id}`)).toHaveLength(2);
  });
});
