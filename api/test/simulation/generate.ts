import { endLocks, stateOf } from './model.ts';
import type { Book, CommandType, Coupon, Request, World } from './world.ts';
import type { Random } from './random.ts';

export interface History {
  number: number;
  random: Random;
  world: World;
  adminId: string;
  userIds: string[];
  /** Every request so far: some are sent again. */
  sent: Request[];
}

/** Which way the requests of a round go. One way at a time, so that it is certain in which order they are done. */
export type Lane = 'assign-random' | 'assign-code' | 'by-code';

/** A history before its first command: a few users, an ADMIN, one or two small books. */
export function beginHistory(number: number, random: Random, now: number): History {
  const userIds = [random.uuid(), random.uuid(), random.uuid()];
  const adminId = random.uuid();
  const users: World['users'] = new Map(userIds.map((id) => [id, { role: 'USER', disabled: false }]));
  users.set(adminId, { role: 'ADMIN', disabled: false });
  const books = Array.from({ length: 1 + random.int(2) }, () => newBook(random, now));
  const coupons = books.flatMap((book, b) =>
    Array.from({ length: 1 + random.int(4) }, (_, c) => newCoupon(`H${number}-B${b}-C${c}`, book.id)),
  );
  const world: World = {
    now,
    users,
    books: new Map(books.map((book) => [book.id, book])),
    coupons: new Map(coupons.map((coupon) => [coupon.code, coupon])),
    guesses: new Map(),
    answers: new Map(),
    assigned: 0,
  };
  return { number, random, world, adminId, userIds, sent: [] };
}

function newBook(random: Random, now: number): Book {
  const startsAt = random.chance(0.15) ? now + 1000 * random.int(6) : null;
  return {
    id: random.uuid(),
    startsAt,
    expiresAt: random.chance(0.25) ? now + 1000 * (6 + random.int(40)) : null,
    archived: false,
    limitPerUser: random.chance(0.5) ? 1 + random.int(3) : null,
    maxRedemptions: random.pick([1, 1, 2, 3, null]),
    lockSeconds: 1 + random.int(5),
  };
}

const newCoupon = (code: string, bookId: string): Coupon => ({
  code,
  bookId,
  owner: null,
  assignedAt: null,
  serial: 0,
  lock: null,
  ranOutAt: null,
  redemptions: [],
  usedUp: false,
  events: [],
});

/** How far the clock goes on: often to the very end of some lock or book, which last whole seconds. */
export function nextStep(random: Random): number {
  const kind = random.weighted({ none: 4, moment: 1, justBefore: 1, seconds: 4, long: 1 });
  const steps = {
    none: 0,
    moment: 1,
    justBefore: 999,
    seconds: 1000 * (1 + random.int(4)),
    long: 20_000 + 1000 * random.int(45),
  };
  return steps[kind];
}

/** A setting of a book or an account that changes between the rounds. */
export function changeSettings({ random, world, adminId, userIds }: History): string {
  const book = random.pick([...world.books.values()]);
  switch (
    random.weighted({ archive: 2, limit: 2, redemptions: 2, lock: 1, dates: 2, disable: 2, demote: 1 })
  ) {
    case 'archive':
      book.archived = !book.archived;
      return `book ${book.id} archived: ${book.archived}`;
    case 'limit':
      book.limitPerUser = random.pick([null, 1, 2, 3]);
      return `book ${book.id} limitPerUser: ${book.limitPerUser}`;
    case 'redemptions':
      book.maxRedemptions = random.pick([null, 1, 2, 3]);
      return `book ${book.id} maxRedemptions: ${book.maxRedemptions}`;
    case 'lock':
      book.lockSeconds = 1 + random.int(5);
      return `book ${book.id} lockSeconds: ${book.lockSeconds}`;
    case 'dates':
      book.startsAt = random.chance(0.2) ? world.now + 1000 * random.int(3) : null;
      book.expiresAt = random.chance(0.4) ? world.now + 1000 * (3 + random.int(9)) : null;
      endLocks(world, book);
      return `book ${book.id} from ${book.startsAt} to ${book.expiresAt}`;
    case 'disable': {
      const id = random.pick(userIds);
      const user = world.users.get(id)!;
      user.disabled = !user.disabled;
      return `user ${id} disabled: ${user.disabled}`;
    }
    case 'demote': {
      const admin = world.users.get(adminId)!;
      admin.role = admin.role === 'ADMIN' ? 'USER' : 'ADMIN';
      return `ADMIN ${adminId} is now ${admin.role}`;
    }
  }
}

/** The requests of one round. In one lane, either all on different coupons and with different keys, or all on one coupon. */
export function nextRequests(history: History, lane: Lane, round: number): Request[] {
  const { random } = history;
  const count = 1 + random.int(4);
  const sameCoupon = lane !== 'assign-random' && random.chance(0.25);
  const requests: Request[] = [];
  const taken = new Set<string>();
  const only = sameCoupon ? pickCode(history, lane) : null;
  for (let n = 0; n < count; n++) {
    const request = nextRequest(history, lane, `h${history.number}-r${round}-${n}`, only);
    const keys = [request.key && `key ${request.actorId} ${request.key}`, sameCoupon ? null : request.code];
    if (keys.some((key) => key !== null && taken.has(key))) continue;
    for (const key of keys) if (key !== null) taken.add(key);
    requests.push(request);
  }
  history.sent.push(...requests.filter(({ key }) => key !== null));
  return requests;
}

function nextRequest(history: History, lane: Lane, id: string, only: string | null): Request {
  const { random, sent } = history;
  const again = sent.filter(
    (request) => laneOf(request) === lane && (only === null || request.code === only),
  );
  if (again.length > 0 && random.chance(0.15)) return { ...random.pick(again), id };

  const code = lane === 'assign-random' ? null : (only ?? pickCode(history, lane));
  const type = lane === 'by-code' ? pickType(history, code!) : 'assign';
  const key = random.chance(0.5) ? id : null;
  const oldKeys = sent.map((request) => request.key);
  return {
    id,
    type,
    ...pickCaller(history, code),
    code,
    bookId:
      code === null
        ? random.chance(0.02)
          ? random.uuid()
          : random.pick([...history.world.books.keys()])
        : null,
    metadata: type === 'redeem' ? { till: random.int(9) } : {},
    key: key !== null && oldKeys.length > 0 && random.chance(0.05) ? random.pick(oldKeys) : key,
  };
}

export const laneOf = ({ type, code }: Request): Lane =>
  code === null ? 'assign-random' : type === 'assign' ? 'assign-code' : 'by-code';

function pickCode({ random, world, number }: History, lane: Lane): string {
  if (random.chance(0.06)) return `H${number}-WRONG-${random.int(3)}`;
  // In the order they were assigned, not of their codes: chance alone decides which codes those are.
  const given = [...world.coupons.values()]
    .filter(({ owner }) => owner !== null)
    .sort((a, b) => a.serial - b.serial);
  const free = [...world.coupons.values()].filter(({ owner }) => owner === null);
  const [likely, rest] = lane === 'assign-code' ? [free, given] : [given, free];
  const list = likely.length > 0 && (rest.length === 0 || random.chance(0.85)) ? likely : rest;
  return random.pick(list).code;
}

function pickType({ random, world }: History, code: string): CommandType {
  const coupon = world.coupons.get(code);
  const isLocked = coupon !== undefined && stateOf(coupon, world.now) === 'LOCKED';
  return random.weighted(isLocked ? { lock: 1, unlock: 2, redeem: 5 } : { lock: 6, unlock: 1, redeem: 3 });
}

function pickCaller(
  { random, world, adminId, userIds }: History,
  code: string | null,
): Pick<Request, 'actorId' | 'role' | 'userId'> {
  const owner = code === null ? null : (world.coupons.get(code)?.owner ?? null);
  const userId = owner !== null && random.chance(0.8) ? owner : random.pick(userIds);
  switch (random.weighted({ self: 6, admin: 3, adminForSelf: 0.5 })) {
    case 'self':
      return userId === adminId
        ? { actorId: adminId, role: 'ADMIN', userId }
        : { actorId: userId, role: 'USER', userId };
    case 'admin':
      return { actorId: adminId, role: 'ADMIN', userId };
    case 'adminForSelf':
      return { actorId: adminId, role: 'ADMIN', userId: adminId };
  }
}
