import { describe, expect, test } from 'vitest';
import {
  ACTIONS,
  type Actor,
  type BookRules,
  type Command,
  type Coupon,
  type CouponEvent,
  decide,
  permittedActions,
} from '../../src/modules/coupons/state.ts';
import { FREE_ROW } from '../support/coupon-rows.ts';
import { expectedOutcomes, open } from '../support/decision-table.ts';
import { replay } from '../support/replay.ts';

const NOW = new Date('2026-03-01T12:00:00.000Z');
const at = (seconds: number) => new Date(NOW.getTime() + seconds * 1000);
const [MOMENT, LOCK_TTL] = [0.001, 300];

const owner: Actor = { id: 'owner', role: 'USER' };
const other: Actor = { id: 'other', role: 'USER' };
const admin: Actor = { id: 'admin', role: 'ADMIN' };

const CALLERS = {
  owner: { actor: owner, userId: 'owner' },
  'another USER': { actor: other, userId: 'other' },
  'ADMIN for owner': { actor: admin, userId: 'owner' },
  'ADMIN for other': { actor: admin, userId: 'other' },
  'ADMIN for self': { actor: admin, userId: 'admin' },
} satisfies Record<string, { actor: Actor; userId: string }>;

const openBook: BookRules = {
  bookName: 'Summer',
  startsAt: NOW,
  expiresAt: at(MOMENT),
  archivedAt: null,
  maxAssignmentsPerUser: 2,
  maxRedemptions: 1,
  lockTtlSeconds: LOCK_TTL,
};
const BOOKS: Record<string, BookRules> = {
  'active from this moment, for a last one': openBook,
  'without dates': { ...openBook, startsAt: null, expiresAt: null },
  'starting in a moment': { ...openBook, startsAt: at(MOMENT), expiresAt: null },
  'ended at this moment': { ...openBook, startsAt: null, expiresAt: NOW },
  archived: { ...openBook, archivedAt: at(-1) },
};
/** A lock ends with its book, also one that was taken when the book was to last longer. */
const seenAs = (coupon: string, book: string) =>
  coupon === 'LOCKED' && book.startsWith('ended') ? 'LOCKED until now' : coupon;
const isOpen = (book: string) => book.startsWith('active') || book.startsWith('without');

const unassigned: Coupon = { ...FREE_ROW, id: 7, bookId: 'book', code: 'CODE-1' };
const assigned: Coupon = { ...unassigned, state: 'ASSIGNED', assignedUserId: 'owner', assignedAt: at(-9000) };
const held = { state: 'LOCKED', lockedByUserId: 'owner', lockedAt: at(-60) } as const;
const COUPONS: Record<string, Coupon> = {
  UNASSIGNED: unassigned,
  ASSIGNED: assigned,
  'lock ran out, written': { ...assigned, lockExpiresAt: at(-5) },
  LOCKED: { ...assigned, ...held, lockExpiresAt: at(MOMENT) },
  'LOCKED until now': { ...assigned, ...held, lockExpiresAt: NOW },
  'redeemed 1 of 3': { ...assigned, redemptionCount: 1, redeemedAt: at(-100) },
  REDEEMED: { ...assigned, state: 'REDEEMED', redemptionCount: 1, redeemedAt: at(-100) },
};

const rulesFor = (coupon: string, book: string): BookRules => ({
  ...BOOKS[book]!,
  maxRedemptions: coupon === 'redeemed 1 of 3' ? 3 : 1,
});

function toCommand(type: string, { actor, userId }: { actor: Actor; userId: string }): Command {
  const redemption = { id: 3, userId: 'owner', rolledBack: false, redeemedBeforeAt: null };
  return (
    type === 'expire'
      ? { type }
      : { type, actor, userId, assigned: 0, metadata: { till: 4 }, reason: 'by mistake', redemption }
  ) as Command;
}

function freeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (part && typeof part === 'object') freeze(part as object);
  return Object.freeze(value);
}

const cases = Object.keys(open).flatMap((command) =>
  Object.keys(BOOKS).flatMap((book) => Object.keys(COUPONS).map((coupon) => ({ command, book, coupon }))),
);

describe('the table of every state, command, caller and book', () => {
  test('has all of them', () => {
    expect(cases).toHaveLength(7 * 5 * 7);
    for (const table of Object.values(open)) {
      expect(Object.keys(table)).toEqual(Object.keys(COUPONS));
      for (const row of Object.values(table)) expect(Object.keys(row)).toEqual(Object.keys(CALLERS));
    }
  });

  test.each(cases)('$command: $coupon, in a book $book', ({ command, book, coupon }) => {
    const start = freeze({ ...COUPONS[coupon]! });
    const outcomes = Object.entries(CALLERS).map(([caller, who]) => {
      const decision = decide(start, freeze(rulesFor(coupon, book)), freeze(toCommand(command, who)), NOW);
      return [caller, 'refusal' in decision ? decision.refusal : decision.next.state];
    });
    expect(Object.fromEntries(outcomes)).toEqual(
      expectedOutcomes(command, seenAs(coupon, book), isOpen(book)),
    );
  });
});

describe('a decision that changes something', () => {
  const done = cases.flatMap(({ command, book, coupon }) =>
    Object.entries(CALLERS).flatMap(([caller, who]) => {
      // Before a redemption is rolled back, there is one.
      const used = { redemptionCount: 1, redeemedAt: at(-100) };
      const start = command === 'rollback' ? { ...COUPONS[coupon]!, ...used } : COUPONS[coupon]!;
      const decision = decide(start, rulesFor(coupon, book), toCommand(command, who), NOW);
      return 'refusal' in decision ? [] : [{ command, book, coupon, caller, who, ...decision }];
    }),
  );

  test('tells of it in events that replay to the state it leads to', () => {
    for (const { coupon, next, events } of done) {
      expect(replay(events, COUPONS[coupon]!.state), coupon).toEqual({ state: next.state });
      for (const event of events)
        expect(event).toMatchObject({ couponId: 7, code: 'CODE-1', bookId: 'book', bookName: 'Summer' });
    }
  });

  test('names who did it, for whom, and when', () => {
    for (const { command, caller, who, coupon, events } of done) {
      const last = events.at(-1)!;
      if (command === 'expire') continue;
      const forWhom = ['unlock', 'unassign', 'rollback'].includes(command) ? 'owner' : who.userId;
      expect(last, `${command} ${coupon} ${caller}`).toMatchObject({
        actorId: who.actor.id,
        userId: forWhom,
        occurredAt: NOW,
      });
    }
  });

  test('of a coupon whose lock has run out tells of that first, at the time it ran out, by nobody', () => {
    const after = done.filter(({ coupon }) => coupon === 'LOCKED until now');
    expect(new Set(after.map(({ command }) => command))).toEqual(
      new Set(['lock', 'unassign', 'rollback', 'expire']),
    );
    for (const { events } of after) {
      const expected: Partial<CouponEvent> = {
        type: 'coupon.lock_expired',
        userId: 'owner',
        actorId: null,
        occurredAt: NOW,
      };
      expect(events[0]).toMatchObject(expected);
    }
  });

  test('leaves only rows that the table accepts', () => {
    for (const { command, next, book } of done) {
      expect(next.assignedUserId === null).toBe(next.state === 'UNASSIGNED');
      expect(next.assignedAt === null).toBe(next.assignedUserId === null);
      expect(next.lockedByUserId !== null).toBe(next.state === 'LOCKED');
      expect(next.lockedAt !== null).toBe(next.state === 'LOCKED');
      const lockEnd = command === 'lock' && book.startsWith('without') ? at(LOCK_TTL) : at(MOMENT);
      if (next.state === 'LOCKED') expect(next.lockExpiresAt!.getTime()).toBe(lockEnd.getTime());
      if (next.state === 'REDEEMED') expect(next.lockExpiresAt).toBeNull();
      expect(next.redemptionCount > 0).toBe(next.redeemedAt !== null);
    }
  });
});

describe('time', () => {
  const locked = { ...COUPONS['LOCKED']!, lockExpiresAt: at(10) };
  const redeemAt = (now: Date) => {
    const decision = decide(locked, BOOKS['without dates']!, toCommand('redeem', CALLERS.owner), now);
    return 'refusal' in decision ? decision.refusal : decision.next.state;
  };

  test('a lock holds until just before lockExpiresAt, and no longer', () => {
    expect([redeemAt(at(9.999)), redeemAt(at(10)), redeemAt(at(10.001))]).toEqual([
      'REDEEMED',
      'lock-expired',
      'lock-expired',
    ]);
  });

  test('a new lock lasts as long as the book says', () => {
    const decision = decide(
      assigned,
      { ...BOOKS['without dates']!, lockTtlSeconds: 7 },
      toCommand('lock', CALLERS.owner),
      NOW,
    );
    expect(decision).toMatchObject({
      next: { lockedAt: NOW, lockExpiresAt: at(7), lockedByUserId: 'owner' },
    });
    expect(decision).toMatchObject({ events: [{ data: { lockExpiresAt: at(7).toISOString() } }] });
  });

  test('a lock never lasts longer than its book, to the millisecond', () => {
    const book = { ...BOOKS['without dates']!, lockTtlSeconds: 300, expiresAt: at(6) };
    const decision = decide(assigned, book, toCommand('lock', CALLERS.owner), NOW);
    expect(decision).toMatchObject({
      next: { state: 'LOCKED', lockExpiresAt: at(6) },
      events: [{ data: { lockExpiresAt: at(6).toISOString() } }],
    });
    const { next } = decision as { next: Coupon };
    const later = { ...book, expiresAt: at(600) };
    expect(decide(next, later, toCommand('redeem', CALLERS.owner), at(6))).toEqual({
      refusal: 'lock-expired',
    });
  });

  test('an end of the book that comes earlier ends the lock, and its event says when', () => {
    const book = { ...BOOKS['without dates']!, expiresAt: at(4) };
    expect(decide(locked, book, { type: 'expire' }, at(3.999))).toEqual({ refusal: 'invalid-state' });
    expect(decide(locked, book, { type: 'expire' }, at(4))).toMatchObject({
      next: { state: 'ASSIGNED' },
      events: [{ type: 'coupon.lock_expired', occurredAt: at(4) }],
    });
  });

  test('after a lock was given back, a redeem is told that there is none, not that it ran out', () => {
    const unlocked = decide(locked, openBook, toCommand('unlock', CALLERS.owner), NOW) as { next: Coupon };
    expect(decide(unlocked.next, openBook, toCommand('redeem', CALLERS.owner), NOW)).toEqual({
      refusal: 'not-locked',
    });
  });
});

describe('limits', () => {
  const book = BOOKS['without dates']!;

  test.each([
    [null, 1_000_000, 'ASSIGNED'],
    [2, 1, 'ASSIGNED'],
    [2, 2, 'assignment-limit-reached'],
    [2, 3, 'assignment-limit-reached'], // the limit was lowered
  ])('maxAssignmentsPerUser %s, given so far %s: %s', (maxAssignmentsPerUser, given, outcome) => {
    const command: Command = { type: 'assign', actor: owner, userId: 'owner', assigned: given };
    const decision = decide(unassigned, { ...book, maxAssignmentsPerUser }, command, NOW);
    expect('refusal' in decision ? decision.refusal : decision.next.state).toBe(outcome);
  });

  /** Locks and redeems until refused, at most `rounds` times. */
  function spend(maxRedemptions: number | null, rounds: number) {
    let coupon = assigned;
    const seen: string[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const type of ['lock', 'redeem']) {
        const decision = decide(coupon, { ...book, maxRedemptions }, toCommand(type, CALLERS.owner), NOW);
        if ('refusal' in decision) return { coupon, seen: [...seen, decision.refusal] };
        coupon = decision.next;
        if (type === 'redeem') seen.push(`${coupon.state} ${coupon.redemptionCount}`);
      }
    }
    return { coupon, seen };
  }

  test('a coupon for three redemptions is ASSIGNED after two and REDEEMED for good after the third', () => {
    expect(spend(3, 9).seen).toEqual(['ASSIGNED 1', 'ASSIGNED 2', 'REDEEMED 3', 'invalid-state']);
  });

  test('a coupon without a limit is never used up', () => {
    expect(spend(null, 50).coupon).toMatchObject({ state: 'ASSIGNED', redemptionCount: 50 });
  });

  test('a limit lowered below what was redeemed refuses to lock and to redeem', () => {
    const used = { ...assigned, redemptionCount: 2, redeemedAt: at(-1) };
    const lowered = { ...book, maxRedemptions: 2 };
    expect(decide(used, lowered, toCommand('lock', CALLERS.owner), NOW)).toEqual({
      refusal: 'already-redeemed',
    });
    const locked = { ...used, ...held, lockExpiresAt: at(5) };
    expect(decide(locked, lowered, toCommand('redeem', CALLERS.owner), NOW)).toEqual({
      refusal: 'already-redeemed',
    });
  });

  test('what a redemption says of itself is in its event, with how many there are now', () => {
    const decision = decide(
      { ...assigned, ...held, lockExpiresAt: at(5) },
      book,
      toCommand('redeem', CALLERS.owner),
      NOW,
    );
    const data = { redemptionCount: 1, state: 'REDEEMED', metadata: { till: 4 } };
    expect(decision).toMatchObject({ events: [{ type: 'coupon.redeemed', data }] });
  });
});

describe('a redemption that is rolled back', () => {
  const used = { ...COUPONS['REDEEMED']!, redemptionCount: 2 };
  const redemption = { id: 3, userId: 'owner', rolledBack: false, redeemedBeforeAt: at(-500) };
  const command = { type: 'rollback', actor: admin, reason: 'by mistake', redemption } as const;

  test('can be used again, and the coupon remembers the redemption before', () => {
    const decision = decide(used, openBook, command, NOW);
    expect(decision).toMatchObject({ next: { state: 'ASSIGNED', redemptionCount: 1, redeemedAt: at(-500) } });
  });

  test('is not rolled back twice', () => {
    const again = { ...command, redemption: { ...redemption, rolledBack: true } };
    expect(decide(used, openBook, again, NOW)).toEqual({ refusal: 'conflict' });
  });
});

describe('the actions offered with a coupon', () => {
  test.each(Object.keys(BOOKS))('are those that decide would do, in a book %s', (book) => {
    for (const [name, coupon] of Object.entries(COUPONS)) {
      const rules = rulesFor(name, book);
      for (const viewer of [owner, other, admin]) {
        const caller = viewer === owner ? 'owner' : viewer === other ? 'another USER' : 'ADMIN for owner';
        const done = ACTIONS.filter((action) =>
          /^[A-Z]+$/.test(expectedOutcomes(action, seenAs(name, book), isOpen(book))[caller]!),
        );
        expect(permittedActions(coupon, rules, viewer, NOW), `${name} to ${caller}`).toEqual(done);
      }
    }
  });
});
