import { randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inTransaction } from '../../src/database/transaction.ts';
import type { SubmittedCommand } from '../../src/modules/coupons/commands/command.ts';
import type { Window } from '../../src/modules/coupons/commands/foresee.ts';
import { createLanes, type Path } from '../../src/modules/coupons/commands/lanes.ts';
import { lockAndRedeemInOneTrip } from '../../src/modules/coupons/commands/lock-and-redeem-in-one-trip.ts';
import { presentCoupon } from '../../src/modules/coupons/present.ts';
import { findKnownBooks, type KnownBook } from '../../src/modules/coupons/queries.ts';
import { type Actor, type BookRules, type Coupon, decide } from '../../src/modules/coupons/state.ts';
import { lockCoupons, redeemCoupons } from '../../src/modules/coupons/store-foreseen.ts';
import type { TestApp, TestUser } from '../support/app.ts';
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
import { checkInvariants } from '../support/invariants.ts';
import { times } from '../support/nodes.ts';
import { claimOf, commandOf } from '../support/submitted-commands.ts';

/** When `decide` is asked: NOW is the first moment of it. */
const WINDOW: Window = { earliest: NOW, latest: at(2) };

let moment: Awaited<ReturnType<typeof startAtMoment>>;
let app: TestApp;
let owner: TestUser;
let other: TestUser;
let admin: TestUser;
beforeAll(async () => {
  moment = await startAtMoment();
  ({ app } = moment);
  [owner, other, admin] = await Promise.all([app.asUser(), app.asUser(), app.asAdmin()]);
});
afterAll(() => moment?.close());

type Rules = Omit<BookRules, 'bookName'>;
const openBook: Rules = {
  startsAt: NOW,
  expiresAt: at(3600),
  archivedAt: null,
  maxAssignmentsPerUser: 2,
  maxRedemptions: 1,
  lockTtlSeconds: 300,
};
interface BookCase {
  rules: Rules;
  /** When it was open, if it is not now: at that time it may have been read. */
  window?: Window;
  /** How many of the cases are carried out in one trip. */
  done: { lock: number; redeem: number };
}
const BOOKS: Record<string, BookCase> = {
  'active from this moment': { rules: openBook, done: { lock: 4, redeem: 4 } },
  'without dates or limits': {
    rules: { ...openBook, startsAt: null, expiresAt: null, maxRedemptions: null },
    done: { lock: 6, redeem: 6 },
  },
  'for two redemptions': { rules: { ...openBook, maxRedemptions: 2 }, done: { lock: 6, redeem: 6 } },
  'ending before its locks would': {
    rules: { ...openBook, expiresAt: at(60) },
    done: { lock: 4, redeem: 4 },
  },
  // Locks last their time at one end of the window, and until its end at the other.
  'whose locks end with it from soon on': {
    rules: { ...openBook, expiresAt: at(301) },
    done: { lock: 0, redeem: 4 },
  },
  'ending in a moment': { rules: { ...openBook, expiresAt: at(MOMENT) }, done: { lock: 0, redeem: 0 } },
  'starting in a moment': {
    rules: { ...openBook, startsAt: at(MOMENT) },
    window: { earliest: at(MOMENT), latest: at(2) },
    done: { lock: 0, redeem: 0 },
  },
  'ended at this moment': {
    rules: { ...openBook, startsAt: null, expiresAt: NOW },
    window: { earliest: at(-1), latest: at(-MOMENT) },
    done: { lock: 0, redeem: 0 },
  },
  archived: { rules: { ...openBook, archivedAt: at(-1) }, done: { lock: 0, redeem: 0 } },
};

const assigned = (): CouponRow => ({
  ...FREE_ROW,
  state: 'ASSIGNED',
  assignedUserId: owner.id,
  assignedAt: at(-9000),
});
const locked = (): CouponRow => ({
  ...assigned(),
  state: 'LOCKED',
  lockedByUserId: owner.id,
  lockedAt: at(-60),
  lockExpiresAt: at(60),
});
const once = { redeemedAt: at(-100), redemptionCount: 1 };
const COUPONS: Record<string, () => CouponRow> = {
  free: () => FREE_ROW,
  ASSIGNED: assigned,
  'ASSIGNED, redeemed once, with metadata': () => ({ ...assigned(), ...once, metadata: { shop: 4 } }),
  'ASSIGNED, after a lock that ran out': () => ({ ...assigned(), lockExpiresAt: at(-9) }),
  LOCKED: locked,
  'LOCKED, redeemed once': () => ({ ...locked(), ...once }),
  'LOCKED until just after the window': () => ({ ...locked(), lockExpiresAt: at(2 + MOMENT) }),
  'LOCKED until the end of the window': () => ({ ...locked(), lockExpiresAt: at(2) }),
  'LOCKED, run out': () => ({ ...locked(), lockExpiresAt: NOW }),
  REDEEMED: () => ({ ...assigned(), ...once, state: 'REDEEMED' }),
};

const booksOf = (...ids: string[]) => findKnownBooks(app.db, ids);
const expectedAt = (coupon: Coupon, redemptionCount = coupon.redemptionCount) => {
  const { id, bookId, code } = coupon;
  return [code, { id, bookId, redemptionCount }] as const;
};

describe('the one trip does what decide says, of every coupon and book, or nothing', () => {
  for (const [bookName, { rules, window = WINDOW, done }] of Object.entries(BOOKS))
    test(`book ${bookName}`, async () => {
      const CALLERS: Record<string, { actor: Actor; userId: string }> = {
        owner: { actor: { id: owner.id, role: 'USER' }, userId: owner.id },
        'another USER': { actor: { id: other.id, role: 'USER' }, userId: other.id },
        'ADMIN for owner': { actor: { id: admin.id, role: 'ADMIN' }, userId: owner.id },
        'ADMIN for self': { actor: { id: admin.id, role: 'ADMIN' }, userId: admin.id },
      };
      const bookId = await insertBookRow(app.db, rules);
      const books = await booksOf(bookId);
      const book = books.get(bookId)!;
      const seen = { lock: 0, redeem: 0 };
      for (const [couponName, rowOf] of Object.entries(COUPONS))
        for (const [caller, who] of Object.entries(CALLERS))
          for (const type of ['lock', 'redeem'] as const)
            for (const count of [0, 1]) {
              const label = `${couponName}, ${type} by ${caller}, ${count} redemptions expected`;
              const coupon = await insertCouponRow(app.db, bookId, rowOf());
              const metadata = type === 'redeem' ? { till: `"${count}"` } : {};
              const command = commandOf(bookId, who, { type, code: coupon.code, metadata });
              const places = new Map([expectedAt(coupon, count)]);
              const given = await lockAndRedeemInOneTrip(app.db, [command], places, books, window);
              const row = await readCouponRow(app.db, coupon.id);
              const events = await readEventsOf(app.db, coupon.id);
              if (!given) {
                expect(row, label).toEqual(coupon);
                expect(events, label).toEqual([]);
                continue;
              }
              const decision = decide(coupon, book, { type, ...who, metadata }, NOW);
              if ('refusal' in decision) throw new Error(`${label}: ${decision.refusal}, but it was done`);
              expect(row, label).toEqual(decision.next);
              expect(events, label).toEqual(decision.events);
              const answer = presentCoupon(decision.next, book, who.actor, NOW);
              expect(JSON.parse(given.answers[0]!.body), label).toEqual(answer);
              const redemptions = await sql`
                SELECT user_id AS "userId", actor_id AS "actorId", metadata, redeemed_at AS "redeemedAt", redemption_number AS number
                FROM redemption_history WHERE coupon_id = ${coupon.id}`.execute(app.db);
              const redemption = {
                userId: owner.id,
                actorId: who.actor.id,
                metadata,
                redeemedAt: NOW,
                number: count + 1,
              };
              expect(redemptions.rows, label).toEqual(type === 'redeem' ? [redemption] : []);
              seen[type] += 1;
            }
      // By the owner and an ADMIN for the owner.
      expect(seen).toEqual(done);
    });
});

interface Stage {
  bookId: string;
  users: TestUser[];
  admin: TestUser;
  /** Three to lock, two to redeem. */
  coupons: Coupon[];
  commands: SubmittedCommand[];
  books: Map<string, KnownBook>;
  places: Map<string, { id: number; bookId: string; redemptionCount: number }>;
  window: Window;
}

/** Three locks, a redemption, and one by an ADMIN, all of which are fine. */
async function setStage(): Promise<Stage> {
  const bookId = await insertBookRow(app.db, { ...openBook, maxRedemptions: 3 });
  const users = await Promise.all(times(5, () => app.asUser()));
  const oneAdmin = await app.asAdmin();
  const coupons: Coupon[] = [];
  const tell = (type: string, { id, code, assignedUserId }: Coupon) =>
    sql`
    INSERT INTO events (type, book_id, coupon_id, user_id, actor_id, data, occurred_at, code, book_name)
    VALUES (${type}, ${bookId}, ${id}, ${assignedUserId}, ${assignedUserId}, NULL, ${at(-60)}, ${code}, 'of this name')`.execute(
      app.db,
    );
  for (const [n, { id }] of users.entries()) {
    const row = n < 3 ? assigned() : { ...locked(), lockedByUserId: id };
    const coupon = await insertCouponRow(app.db, bookId, { ...row, assignedUserId: id });
    coupons.push(coupon);
    await tell('coupon.assigned', coupon);
    if (n >= 3) await tell('coupon.locked', coupon);
    await sql`INSERT INTO book_user_counters (book_id, user_id, assigned) VALUES (${bookId}, ${id}, 1)`.execute(
      app.db,
    );
  }
  const commands = users.map(({ id }, n) =>
    commandOf(
      bookId,
      { actor: n === 4 ? { id: oneAdmin.id, role: 'ADMIN' } : { id, role: 'USER' }, userId: id },
      { type: n < 3 ? 'lock' : 'redeem', code: coupons[n]!.code, metadata: n < 3 ? {} : { n } },
    ),
  );
  const places = new Map(coupons.map((coupon) => expectedAt(coupon)));
  const books = await booksOf(bookId);
  return { bookId, users, admin: oneAdmin, coupons, commands, books, places, window: WINDOW };
}

const run = ({ commands, places, books, window }: Stage) =>
  lockAndRedeemInOneTrip(app.db, commands, places, books, window);

describe('every check that fails undoes the whole group', () => {
  const changeBook =
    (column: string, value: unknown) =>
    async ({ bookId }: Stage) =>
      void (await sql`UPDATE books SET ${sql.ref(column)} = ${value} WHERE id = ${bookId}`.execute(app.db));
  const changeCoupon =
    (n: number, columns: Record<string, unknown>) =>
    async ({ coupons }: Stage) => {
      const set = sql.join(Object.entries(columns).map(([name, value]) => sql`${sql.ref(name)} = ${value}`));
      await sql`UPDATE coupons SET ${set} WHERE id = ${coupons[n]!.id}`.execute(app.db);
    };
  const answerBefore = async ({ commands }: Stage, n: number) => {
    const claim = claimOf(randomUUID());
    commands[n]!.claim = claim;
    await sql`
      INSERT INTO idempotency_keys (key_hash, fingerprint, status, body)
      VALUES (${claim.keyHash}, ${claim.fingerprint}, 200, 'before')`.execute(app.db);
  };

  const cases: Record<string, (stage: Stage) => Promise<void> | void> = {
    'the account of a user was disabled': async ({ users }) =>
      void (await sql`UPDATE users SET disabled_at = now() WHERE id = ${users[1]!.id}`.execute(app.db)),
    'an ADMIN was demoted': async (stage) =>
      void (await sql`UPDATE users SET role = 'USER' WHERE id = ${stage.admin.id}`.execute(app.db)),
    'the book was given another name': changeBook('name', 'Another name'),
    'the book was given another start': changeBook('starts_at', at(-5)),
    'the book was given another end': changeBook('expires_at', at(4000)),
    'the book was archived': changeBook('archived_at', NOW),
    'the book was given another limit': changeBook('max_assignments_per_user', 5),
    'the book was given other redemptions': changeBook('max_redemptions', 7),
    'the book was given other locks': changeBook('lock_ttl_seconds', 7),
    'a coupon to lock is locked': changeCoupon(1, {
      state: 'LOCKED',
      locked_by_user_id: sql`assigned_user_id`,
      locked_at: at(-1),
      lock_expires_at: at(60),
    }),
    'a coupon to lock has another owner': (stage) => changeCoupon(1, { assigned_user_id: other.id })(stage),
    'a coupon to lock was taken back': changeCoupon(1, {
      state: 'UNASSIGNED',
      assigned_user_id: null,
      assigned_at: null,
    }),
    'a coupon to lock was redeemed once more': changeCoupon(1, { redemption_count: 1, redeemed_at: at(-1) }),
    'a coupon to redeem is not locked': changeCoupon(3, {
      state: 'ASSIGNED',
      locked_by_user_id: null,
      locked_at: null,
      lock_expires_at: null,
    }),
    'a coupon to redeem has another owner': (stage) =>
      changeCoupon(3, { assigned_user_id: other.id, locked_by_user_id: other.id })(stage),
    'a lock was brought forward into the window': changeCoupon(3, { lock_expires_at: WINDOW.latest }),
    'a coupon to redeem was redeemed once more': changeCoupon(4, {
      redemption_count: 1,
      redeemed_at: at(-1),
    }),
    'a coupon to redeem was redeemed before, and that was rolled back': async ({ bookId, coupons, users }) =>
      void (await sql`
        INSERT INTO redemption_history (book_id, coupon_id, user_id, actor_id, redemption_number, redeemed_at)
        VALUES (${bookId}, ${coupons[3]!.id}, ${users[3]!.id}, ${users[3]!.id}, 1, ${at(-50)})`.execute(
        app.db,
      )),
    'a coupon is not where it is expected': ({ places, coupons }) =>
      void places.set(coupons[0]!.code, { ...places.get(coupons[0]!.code)!, id: 2 ** 40 }),
    'the place of a code is not known': ({ places, coupons }) => void places.delete(coupons[4]!.code),
    'a command is of another kind': ({ commands }) => void (commands[0]!.type = 'unlock'),
    'the clock is later than decide was asked about': (stage) =>
      void (stage.window = { earliest: at(-9), latest: at(-MOMENT) }),
    'the clock is earlier than decide was asked about': (stage) =>
      void (stage.window = { earliest: at(MOMENT), latest: at(2) }),
    'a lock was answered before': (stage) => answerBefore(stage, 0),
    'a redemption was answered before': (stage) => answerBefore(stage, 4),
    'there is too little time': ({ commands }) => void (commands[2]!.deadline = performance.now() + 1_000),
    'its time is over': ({ commands }) => void (commands[2]!.deadline = performance.now() - 1),
  };

  test.each(Object.keys(cases))('%s', async (name) => {
    const stage = await setStage();
    await cases[name]!(stage);
    const before = await readAllOf(app.db, stage.bookId);
    expect(await run(stage)).toBeNull();
    expect(await readAllOf(app.db, stage.bookId)).toEqual(before);
  });

  test.each([0, 4])('another transaction holds coupon %i', async (n) => {
    const stage = await setStage();
    const before = await readAllOf(app.db, stage.bookId);
    await inTransaction(app.db, async (trx) => {
      await sql`SELECT FROM coupons WHERE id = ${stage.coupons[n]!.id} FOR UPDATE`.execute(trx);
      expect(await run(stage)).toBeNull();
    });
    expect(await readAllOf(app.db, stage.bookId)).toEqual(before);
  });

  test('without any of these it is done', async () => {
    const stage = await setStage();
    const given = await run(stage);
    const answers = given!.answers.map(({ body }) => JSON.parse(body) as Record<string, unknown>);
    expect(answers.map(({ code }) => code)).toEqual(stage.coupons.map(({ code }) => code));
    expect(answers.map(({ state }) => state)).toEqual(['LOCKED', 'LOCKED', 'LOCKED', 'ASSIGNED', 'ASSIGNED']);
    await checkInvariants(app.db, { bookIds: [stage.bookId] });
  });

  test('it waits longer than there is time', async () => {
    const { bookId, coupons, books } = await setStage();
    const [first, , , last] = coupons;
    const { bookName } = books.get(bookId)!;
    const more = { books: [{ id: bookId, bookName }], ...WINDOW, withinMs: -1 };
    const change = ({ id, assignedUserId: userId }: Coupon) =>
      ({ id, book: 0, userId: userId!, actorId: userId!, redemptionCount: 0, state: 'LOCKED' }) as const;
    const lock = { ...change(first!), lastsMs: 1_000, until: null };
    const redemption = { ...change(last!), state: 'ASSIGNED' as const, data: { metadata: {} } };
    const late = [
      () =>
        inTransaction(app.db, (trx) =>
          lockCoupons(trx, { ...more, from: 'ASSIGNED', eventType: 'coupon.locked', changes: [lock] }),
        ),
      () =>
        inTransaction(app.db, (trx) =>
          redeemCoupons(trx, {
            ...more,
            from: 'LOCKED',
            eventType: 'coupon.redeemed',
            heldUntil: at(2),
            changes: [redemption],
          }),
        ),
    ];
    for (const one of late) await expect(one()).rejects.toThrow('too late');
  });
});

test('commands on coupons of several books go in one trip, in whatever order they came', async () => {
  const stages = [await setStage(), await setStage()];
  const commands = stages.flatMap(({ commands }) => commands).reverse();
  const given = await lockAndRedeemInOneTrip(
    app.db,
    commands,
    new Map(stages.flatMap(({ places }) => [...places])),
    new Map(stages.flatMap(({ books }) => [...books])),
    WINDOW,
  );
  expect(given!.answers.map(({ body }) => (JSON.parse(body) as { code: string }).code)).toEqual(
    commands.map(({ code }) => code),
  );
  await checkInvariants(app.db, { bookIds: stages.map(({ bookId }) => bookId) });
});

/** Lanes that try the one trip after a group that went well, and the ways that their groups went. */
function openHopefulLanes() {
  const ran: Path[] = [];
  const submit = createLanes({
    db: app.db,
    maxBooksAtOnce: 2,
    hopeAfter: 1,
    onGroup: (_lane, _size, _seconds, path) => void ran.push(path),
  });
  return { submit, ran };
}

test('a repeat with the same key is told what the one trip answered', async () => {
  const { submit, ran } = openHopefulLanes();
  const { commands } = await setStage();
  const keyed = commands.map((command) => ({ ...command, claim: claimOf(command.code!) }));
  const first = [await submit(keyed[0]!), await submit(keyed[1]!), await submit(keyed[4]!)];
  expect(ran).toEqual(['usual', 'one trip', 'one trip']);
  const again = [await submit(keyed[0]!), await submit(keyed[1]!), await submit(keyed[4]!)];
  expect(again.map(({ body }) => body)).toEqual(first.map(({ body }) => body));
  expect(again.every(({ replayed }) => replayed)).toBe(true);
  expect(ran.slice(3)).toEqual(['usual after all', 'usual', 'usual']);
});

test('a coupon that was redeemed before is expected so the next time', async () => {
  const { submit, ran } = openHopefulLanes();
  const { commands } = await setStage();
  const { code, userId, actor } = commands[0]!;
  const send = (type: 'lock' | 'redeem') => submit(commandOf('', { actor, userId }, { type, code }));
  for (const type of ['lock', 'redeem', 'lock', 'redeem'] as const)
    expect((await send(type)).status, type).toBe(200);
  expect(ran).toEqual(['usual', 'one trip', 'one trip', 'one trip']);
});
