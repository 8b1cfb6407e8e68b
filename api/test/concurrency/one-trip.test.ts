import { afterAll, beforeAll, expect, test } from 'vitest';
import { selectModules } from '../../src/modules/index.ts';
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
