import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { selectModules } from '../../src/modules/index.ts';
import type { SubmittedCommand } from '../../src/modules/coupons/commands/command.ts';
import { createLanes, type Path } from '../../src/modules/coupons/commands/lanes.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { checkInvariants } from '../support/invariants.ts';
import { insertBook, times } from '../support/nodes.ts';
import { claimOf, commandOf } from '../support/submitted-commands.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ modules: selectModules(['coupons']) });
});
afterAll(() => app.close());

test.each(['without keys', 'with keys'])(
  'a crowd that is served by both ways gets each coupon once and nobody too many, %s',
  async (keys) => {
    const ran: Partial<Record<Path, number>> = {};
    const onGroup = (_lane: string, _size: number, _seconds: number, path: Path) =>
      (ran[path] = (ran[path] ?? 0) + 1);
    const lanes = times(2, () => createLanes({ db: app.db, maxBooksAtOnce: 2, hopeAfter: 1, onGroup }));
    const limit = 3;
    const { id: bookId } = await insertBook(app.db, 102, { maxAssignmentsPerUser: limit });
    const users = await Promise.all(times(40, () => app.asUser()));
    const submit = (n: number, userId: string, key: string) =>
      lanes[n % 2]!(
        commandOf(
          bookId,
          { actor: { id: userId, role: 'USER' }, userId },
          { claim: keys === 'with keys' ? claimOf(`${userId} ${key}`) : null },
        ),
      );
    for (const early of [await app.asUser(), await app.asUser()]) await submit(0, early.id, 'early');
    // Each asks four times, one of which is one too many; together they ask for more than there is.
    const outcomes = await Promise.all(
      users.flatMap(({ id }, n) =>
        times(limit + 1, async (turn) => {
          // In waves, so that there are groups after groups that went well.
          for (let wave = 0; wave < turn * 20 + (n % 20); wave += 1) await new Promise(setImmediate);
          const { status, body } = await submit(n, id, String(turn));
          return status === 200 ? '200' : (JSON.parse(body) as { code: string }).code;
        }),
      ),
    );
    const tally = Object.groupBy(outcomes, (outcome) => outcome);
    expect(tally['200']).toHaveLength(100);
    expect((tally['assignment-limit-reached'] ?? []).length + (tally['book-exhausted'] ?? []).length).toBe(
      60,
    );
    expect(ran['one trip']).toBeGreaterThan(0);
    expect(ran.usual).toBeGreaterThan(0);
    await checkInvariants(app.db, { bookIds: [bookId] });
  },
);

test.each(['without keys', 'with keys'])(
  'of a crowd that locks and redeems each coupon twice at once, on two nodes and by both ways, one succeeds each time, %s',
  async (keys) => {
    const ran: Partial<Record<Path, number>> = {};
    const onGroup = (_lane: string, _size: number, _seconds: number, path: Path) =>
      (ran[path] = (ran[path] ?? 0) + 1);
    const lanes = times(2, () => createLanes({ db: app.db, maxBooksAtOnce: 2, hopeAfter: 1, onGroup }));
    const { id: bookId, codes } = await insertBook(app.db, 60, { maxRedemptions: 2 });
    const users = await Promise.all(times(20, () => app.asUser()));
    const ownerOf = (n: number) => users[n % users.length]!.id;
    let turns = 0;
    const submit = (node: number, type: SubmittedCommand['type'], n: number, turn: string) =>
      lanes[node]!(
        commandOf(
          bookId,
          { actor: { id: ownerOf(n), role: 'USER' }, userId: ownerOf(n) },
          { type, code: codes[n]!, claim: keys === 'with keys' ? claimOf(`${type} ${n} ${turn}`) : null },
        ),
      );
    for (const n of codes.keys()) expect((await submit(0, 'assign', n, 'once')).status).toBe(200);
    // One after another on one node: the second lock and all after it take one trip.
    const crowd = [...codes.keys()].slice(2);
    for (const type of ['lock', 'redeem', 'lock', 'redeem'] as const)
      for (const n of [0, 1])
        expect((await submit(0, type, n, `early ${(turns += 1)}`)).status, type).toBe(200);
    for (const type of ['lock', 'redeem', 'lock', 'redeem'] as const) {
      const statuses = await Promise.all(
        crowd.map(async (n) => {
          // In waves, so that there are groups after groups that went well.
          for (let wave = 0; wave < n * 5; wave += 1) await new Promise(setImmediate);
          const turn = (turns += 1);
          // Of every second coupon, both at once on two nodes; the others' second try comes when the first has been answered.
          const first = submit(n % 2, type, n, `${turn} first`);
          if (n % 2 === 1) await first;
          const second = submit((n + 1) % 2, type, n, `${turn} second`);
          return [(await first).status, (await second).status].sort().join();
        }),
      );
      expect(new Set(statuses), type).toEqual(new Set(['200,400']));
    }
    expect(ran['one trip']).toBeGreaterThan(0);
    expect(ran.usual).toBeGreaterThan(0);
    const { rows } = await sql<{ coupon: number; made: number }>`
      SELECT coupon_id AS coupon, count(*)::int AS made FROM redemption_history WHERE book_id = ${bookId} GROUP BY 1`.execute(
      app.db,
    );
    expect(rows).toHaveLength(codes.length);
    expect(rows.every(({ made }) => made === 2)).toBe(true);
    await checkInvariants(app.db, { bookIds: [bookId] });
  },
);
