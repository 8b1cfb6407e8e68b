import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Answer } from '../../src/answers/answer.ts';
import { type Claim, findAnswers, saveAnswers } from '../../src/answers/idempotency.ts';
import { inTransaction } from '../../src/database/transaction.ts';
import type { SubmittedCommand } from '../../src/modules/coupons/commands/command.ts';
import { createLanes, type Path } from '../../src/modules/coupons/commands/lanes.ts';
import { createPlaces } from '../../src/modules/coupons/places.ts';
import { assignInOneTrip } from '../../src/modules/coupons/commands/assign-in-one-trip.ts';
import { foreseeAssignment } from '../../src/modules/coupons/commands/foresee.ts';
import { type KnownBook, selectBookWithStockForKeyShare } from '../../src/modules/coupons/queries.ts';
import { presentCoupon } from '../../src/modules/coupons/present.ts';
import { type Actor, type BookRules, type Coupon, decide } from '../../src/modules/coupons/state.ts';
import {
  assignRandomCoupons,
  assignRandomCouponsAndAnswer,
} from '../../src/modules/coupons/store-foreseen.ts';
import type { TestApp } from '../support/app.ts';
import { at, MOMENT, NOW, startAtMoment } from '../support/at-a-moment.ts';
import {
  type CouponRow,
  FREE_ROW,
  insertBookRow,
  insertCouponRow,
  readAllOf,
  readCouponRow,
  readEventsOf,
} from '../support/coupon-rows.ts';
import { eventually } from '../support/eventually.ts';
import { checkInvariants } from '../support/invariants.ts';
import { times } from '../support/nodes.ts';
import { claimOf, commandOf } from '../support/submitted-commands.ts';

let moment: Awaited<ReturnType<typeof startAtMoment>>;
let app: TestApp;
beforeAll(async () => {
  moment = await startAtMoment();
  ({ app } = moment);
});
afterAll(() => moment?.close());

const openBook = {
  startsAt: NOW,
  expiresAt: at(MOMENT),
  archivedAt: null,
  maxAssignmentsPerUser: 2,
  maxRedemptions: 1,
  lockTtlSeconds: 300,
} satisfies Partial<BookRules>;
const BOOKS: Record<string, Omit<BookRules, 'bookName'>> = {
  'active from this moment, for a last one': openBook,
  'without dates or limit': { ...openBook, startsAt: null, expiresAt: null, maxAssignmentsPerUser: null },
  'starting in a moment': { ...openBook, startsAt: at(MOMENT), expiresAt: null },
  'ended at this moment': { ...openBook, startsAt: null, expiresAt: NOW },
  archived: { ...openBook, archivedAt: at(-1) },
};
/** When a book that is over, or has not begun, was open: at that time it may have been read. */
const openAt = ({ startsAt, expiresAt }: Omit<BookRules, 'bookName'>) =>
  startsAt && startsAt > NOW ? startsAt : expiresAt && expiresAt <= NOW ? at(-MOMENT) : NOW;

/** The states of a coupon; those of the owner are filled in. */
const COUPONS: Record<string, (owner: string) => CouponRow> = {
  free: () => FREE_ROW,
  'free, with metadata': () => ({ ...FREE_ROW, metadata: { shop: 4 } }),
  'free again after a redemption': () => ({ ...FREE_ROW, redeemedAt: at(-100), redemptionCount: 1 }),
  ASSIGNED: (owner) => assignedTo(owner),
  LOCKED: (owner) => ({
    ...assignedTo(owner),
    state: 'LOCKED',
    lockedByUserId: owner,
    lockedAt: at(-60),
    lockExpiresAt: at(60),
  }),
  REDEEMED: (owner) => ({
    ...assignedTo(owner),
    state: 'REDEEMED',
    redeemedAt: at(-100),
    redemptionCount: 1,
  }),
};
const assignedTo = (owner: string): CouponRow => ({
  ...FREE_ROW,
  state: 'ASSIGNED',
  assignedUserId: owner,
  assignedAt: at(-9000),
});

const insertBook = (rules: Omit<BookRules, 'bookName'>) => insertBookRow(app.db, rules);
const insertCoupon = (bookId: string, row: CouponRow) => insertCouponRow(app.db, bookId, row);

const insertCoupons = async (bookId: string, count: number) =>
  Promise.all(times(count, () => insertCoupon(bookId, FREE_ROW)));

const setCounter = (bookId: string, userId: string, assigned: number) =>
  sql`INSERT INTO book_user_counters (book_id, user_id, assigned) VALUES (${bookId}, ${userId}, ${assigned})`.execute(
    app.db,
  );

const readBook = async (bookId: string): Promise<KnownBook> =>
  (await inTransaction(app.db, (trx) => selectBookWithStockForKeyShare(trx, bookId, 0)))!;

const readAll = (bookId: string) => readAllOf(app.db, bookId);

const keysThere = async (claims: readonly (Claim | null)[]) => {
  const hashes = claims.flatMap((claim) => claim?.keyHash ?? []);
  const { rows } = await sql`SELECT FROM idempotency_keys WHERE key_hash = ANY(${hashes}::bytea[])`.execute(
    app.db,
  );
  return rows.length;
};

const findAnswer = async (claim: Claim) =>
  (await inTransaction(app.db, (trx) => findAnswers(trx, [claim])))[0];

/** With keys the answers are foreseen too: only for these coupons. */
const isPlain = ({ redemptionCount, metadata }: CouponRow) =>
  redemptionCount === 0 && Object.keys(metadata).length === 0;

describe('the one trip does what decide says, of every coupon and book', () => {
  const books = Object.entries(BOOKS).flatMap(([bookName, rules]) =>
    [false, true].map((isKeyed) => ({ bookName, rules, isKeyed })),
  );
  for (const { bookName, rules, isKeyed } of books)
    test(`book ${bookName}, ${isKeyed ? 'with' : 'without'} keys`, async () => {
      const owner = await app.asUser();
      const other = await app.asUser();
      const admin = await app.asAdmin();
      const CALLERS = {
        owner: { actor: { id: owner.id, role: 'USER' }, userId: owner.id },
        'another USER': { actor: { id: other.id, role: 'USER' }, userId: other.id },
        'ADMIN for owner': { actor: { id: admin.id, role: 'ADMIN' }, userId: owner.id },
        'ADMIN for self': { actor: { id: admin.id, role: 'ADMIN' }, userId: admin.id },
      } satisfies Record<string, { actor: Actor; userId: string }>;
      const seen = { done: 0, refused: 0 };
      for (const [couponName, rowOf] of Object.entries(COUPONS))
        for (const [caller, who] of Object.entries(CALLERS))
          for (const assigned of couponName.startsWith('free') ? [0, 1, 2] : [0]) {
            const label = `${couponName}, ${caller}, ${assigned} given`;
            const bookId = await insertBook(rules);
            const coupon = await insertCoupon(bookId, rowOf(owner.id));
            if (assigned > 0) await setCounter(bookId, who.userId, assigned);
            const book = await readBook(bookId);
            const before = await readAll(bookId);
            const decision = decide(coupon, book, { type: 'assign', ...who, assigned }, NOW);
            // As if it had been read when it was open, so that nothing but the statements can refuse.
            const known = { ...book, now: openAt(rules) };
            const claim = isKeyed ? claimOf(randomUUID()) : null;
            const command = commandOf(bookId, who, { claim });
            const answers = await assignInOneTrip(app.db, [command], known, createPlaces());
            if ('refusal' in decision || (isKeyed && !isPlain(coupon))) {
              expect(answers, label).toBeNull();
              expect(await readAll(bookId), label).toEqual(before);
              if (claim) expect(await findAnswer(claim), label).toBeNull();
              seen.refused += 1;
              continue;
            }
            expect(await readCouponRow(app.db, coupon.id), label).toEqual(decision.next);
            expect(await readEventsOf(app.db, coupon.id), label).toEqual(decision.events);
            // To the byte, whether it was made before or afterwards.
            const body = JSON.stringify(presentCoupon(decision.next, book, who.actor, NOW));
            expect(answers, label).toEqual([{ status: 200, body }]);
            if (claim)
              expect(await findAnswer(claim), label).toEqual({
                status: 200,
                body,
                location: null,
                replayed: true,
              });
            const counters = await sql<{ assigned: number }>`
              SELECT assigned FROM book_user_counters WHERE book_id = ${bookId}`.execute(app.db);
            expect(counters.rows, label).toEqual([{ assigned: assigned + 1 }]);
            seen.done += 1;
          }
      const isOpen = !/^(starting|ended|archived)/.test(bookName);
      const done = (rules.maxAssignmentsPerUser === null ? 36 : 24) / (isKeyed ? 3 : 1);
      expect(seen).toEqual(isOpen ? { done, refused: 48 - done } : { done: 0, refused: 48 });
    });

  test('a book that is over is not even tried', async () => {
    const bookId = await insertBook(BOOKS['ended at this moment']!);
    const { id } = await app.asUser();
    expect(
      foreseeAssignment(bookId, await readBook(bookId), [{ actor: { id, role: 'USER' }, userId: id }]),
    ).toBeNull();
  });
});

describe('every check that fails undoes the whole group', () => {
  const cases: Record<string, (stage: Stage) => Promise<void | Partial<SubmittedCommand>>> = {
    'the account of one user was disabled': async ({ userIds }) => {
      await sql`UPDATE users SET disabled_at = now() WHERE id = ${userIds[1]}`.execute(app.db);
    },
    'an ADMIN was demoted': async ({ admin }) => {
      await sql`UPDATE users SET role = 'USER' WHERE id = ${admin}`.execute(app.db);
    },
    'one user is at the limit': async ({ bookId, userIds }) =>
      void (await setCounter(bookId, userIds[2]!, 2)),
    'there is a coupon less than commands': async ({ coupons }) => {
      await sql`DELETE FROM coupons WHERE id = ${coupons[0]!.id}`.execute(app.db);
    },
    'the book was given another name': ({ bookId }) => change(bookId, 'name', randomUUID()),
    'the book was given another start': ({ bookId }) => change(bookId, 'starts_at', at(-5)),
    'the book was given another end': ({ bookId }) => change(bookId, 'expires_at', at(5)),
    'the book was archived': ({ bookId }) => change(bookId, 'archived_at', NOW),
    'the book was given another limit': ({ bookId }) => change(bookId, 'max_assignments_per_user', 5),
    'the book was given other redemptions': ({ bookId }) =>
      change(bookId, 'max_redemptions', 7, sql`, allow_multiple_redemptions = true`),
    'the book was given other locks': ({ bookId }) => change(bookId, 'lock_ttl_seconds', 7),
    'one command has been answered before': async ({ bookId }) => {
      const claim = claimOf(randomUUID());
      const [spare] = await insertCoupons(bookId, 1);
      await sql`
        INSERT INTO idempotency_keys (key_hash, fingerprint, status, body)
        VALUES (${claim.keyHash}, ${claim.fingerprint}, 200, ${spare!.code})`.execute(app.db);
      return { claim };
    },
    'there is too little time': async () => ({ deadline: performance.now() + 1_000 }),
    'its time is over': async () => ({ deadline: performance.now() - 1 }),
  };
  interface Stage {
    bookId: string;
    userIds: string[];
    admin: string;
    coupons: Coupon[];
  }
  const change = async (bookId: string, column: string, value: unknown, more = sql``) =>
    void (await sql`UPDATE books SET ${sql.ref(column)} = ${value}${more} WHERE id = ${bookId}`.execute(
      app.db,
    ));

  /** Which of a group have a key. */
  const KEYS = { 'no keys': () => false, 'some keys': (n: number) => n % 2 === 1, keys: () => true };
  const everyCase = Object.keys(cases).flatMap((name) =>
    Object.entries(KEYS).map(([keys, has]) => ({ name, keys, has })),
  );

  test.each(everyCase)('$name, $keys', async ({ name, has }) => {
    const bookId = await insertBook({ ...openBook, startsAt: at(-60), expiresAt: at(60) });
    const users = await Promise.all(times(4, () => app.asUser()));
    const admin = await app.asAdmin();
    const stage = {
      bookId,
      userIds: users.map(({ id }) => id),
      admin: admin.id,
      coupons: await insertCoupons(bookId, 5),
    };
    const book = await readBook(bookId);
    const claims = times(5, (n) => (has(n) ? claimOf(randomUUID()) : null));
    const more = { claim: claims[4]!, ...(await cases[name]!(stage)) };
    const commands = [
      ...users.map(({ id }, n) =>
        commandOf(bookId, { actor: { id, role: 'USER' }, userId: id }, { claim: claims[n]! }),
      ),
      commandOf(bookId, { actor: { id: admin.id, role: 'ADMIN' }, userId: users[0]!.id }, more),
    ];
    const before = await readAll(bookId);
    expect(await assignInOneTrip(app.db, commands, book, createPlaces())).toBeNull();
    expect(await readAll(bookId)).toEqual(before);
    expect(await keysThere(claims)).toBe(0);
  });

  test.each(Object.entries(KEYS))('without any of these it is done, %s', async (_keys, has) => {
    const bookId = await insertBook({ ...openBook, startsAt: at(-60), expiresAt: at(60) });
    const users = await Promise.all(times(4, () => app.asUser()));
    const admin = await app.asAdmin();
    await insertCoupons(bookId, 5);
    const commands = [
      ...users.map((user) => ({ actor: { id: user.id, role: 'USER' as const }, userId: user.id })),
      { actor: { id: admin.id, role: 'ADMIN' as const }, userId: users[0]!.id },
    ].map((who, n) => commandOf(bookId, who, { claim: has(n) ? claimOf(randomUUID()) : null }));
    const answers = (await assignInOneTrip(app.db, commands, await readBook(bookId), createPlaces()))!;
    expect(bodiesOf(answers).map(({ ownerId }) => ownerId)).toEqual(commands.map(({ userId }) => userId));
    expect(bodiesOf(answers).map(({ actions }) => actions)).toEqual([
      ...times(4, () => ['lock']),
      ['lock', 'unassign'],
    ]);
    const kept = await inTransaction(app.db, (trx) =>
      findAnswers(
        trx,
        commands.map(({ claim }) => claim),
      ),
    );
    expect(kept).toEqual(
      answers.map(({ status, body }, n) =>
        has(n) ? { status, body, location: null, replayed: true } : null,
      ),
    );
    await checkInvariants(app.db, { bookIds: [bookId] });
  });

  test('a key that somebody else uses at the same moment is waited for, and then nothing is given', async () => {
    const bookId = await insertBook({ ...openBook, startsAt: at(-60), expiresAt: at(60) });
    const { id } = await app.asUser();
    await insertCoupons(bookId, 1);
    const book = await readBook(bookId);
    const claim = claimOf(randomUUID());
    const who = { actor: { id, role: 'USER' as const }, userId: id };
    const before = await readAll(bookId);
    let tried!: Promise<unknown>;
    await inTransaction(app.db, async (trx) => {
      await saveAnswers(trx, [{ claim, answer: { status: 200, body: 'theirs' } }]);
      let isOver = false;
      tried = assignInOneTrip(app.db, [commandOf(bookId, who, { claim })], book, createPlaces()).finally(
        () => (isOver = true),
      );
      await eventually(async () => {
        const { rows } = await sql`
          SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'transactionid'`.execute(
          app.db,
        );
        return rows.length === 1 || isOver;
      });
    });
    expect(await tried).toBeNull();
    expect(await readAll(bookId)).toEqual(before);
    expect(await findAnswer(claim)).toMatchObject({ body: 'theirs' });
  });

  test.each(Object.entries(KEYS))('it waits for rows longer than there is time, %s', async (_keys, has) => {
    const bookId = await insertBook({ ...openBook, startsAt: at(-60), expiresAt: at(60) });
    const { id } = await app.asUser();
    await insertCoupons(bookId, 1);
    const book = await readBook(bookId);
    const late = {
      bookId,
      book,
      state: 'ASSIGNED' as const,
      eventType: 'coupon.assigned' as const,
      start: 0,
      to: [{ userId: id, actorId: id }],
      withinMs: -1,
    };
    const answers = { claims: [claimOf(randomUUID())], templates: ['{}'], templateOf: [1] };
    const assigned = inTransaction(app.db, async (trx): Promise<unknown> =>
      has(1) ? assignRandomCouponsAndAnswer(trx, late, answers) : assignRandomCoupons(trx, late),
    );
    await expect(assigned).rejects.toThrow('too late');
  });
});

const bodiesOf = (answers: readonly Answer[]) =>
  answers.map(({ body }) => JSON.parse(body) as { ownerId: string; actions: string[] });

test('a repeat with the same key is told what the one trip answered', async () => {
  const ran: Path[] = [];
  const submit = createLanes({
    db: app.db,
    maxBooksAtOnce: 2,
    hopeAfter: 1,
    onGroup: (_lane, _size, _seconds, path) => void ran.push(path),
  });
  const bookId = await insertBook({
    ...openBook,
    startsAt: null,
    expiresAt: null,
    maxAssignmentsPerUser: null,
  });
  await insertCoupons(bookId, 5);
  const { id } = await app.asUser();
  const ask = (key: string) =>
    submit(
      commandOf(bookId, { actor: { id, role: 'USER' }, userId: id }, { claim: claimOf(`${id} ${key}`) }),
    );
  const first = await ask('first');
  const second = await ask('second');
  expect(ran).toEqual(['usual', 'one trip']);
  const again = [await ask('first'), await ask('second')];
  expect(again.map(({ body }) => body)).toEqual([first.body, second.body]);
  expect(again.every(({ replayed }) => replayed)).toBe(true);
  expect(ran.slice(2)).toEqual(['usual after all', 'usual']);
});
