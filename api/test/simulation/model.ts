import { type Book, type Coupon, GUESSES, type Request, type State, type World } from './world.ts';

/**
 * What coupons do, as the documentation says it and as simply as possible: maps, one command after the other, no groups, no
 * transactions. Shares no line with the service, whose rules are tried against it.
 */

export interface Expected {
  status: number;
  code?: string;
  body?: object;
  /** The bytes of an earlier answer. */
  text?: string;
}

const STATUS: Record<string, number> = {
  'invalid-state': 400,
  'not-locked': 400,
  'already-redeemed': 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-your-coupon': 403,
  'not-your-lock': 403,
  'not-found': 404,
  'book-exhausted': 409,
  'assignment-limit-reached': 409,
  'already-assigned': 409,
  'book-not-active': 409,
  'lock-expired': 410,
  'idempotency-key-reused': 422,
  'rate-limited': 429,
};

/** What the request itself is, its key aside. */
const contentOf = ({ id: _id, key: _key, role: _role, ...content }: Request) => JSON.stringify(content);

const answerOf = (world: World, { actorId, key }: Request) =>
  key === null ? undefined : world.answers.get(`${actorId} ${key}`);

/** Whether its key has had an answer, which is then repeated whatever has happened since. */
export const isRepeat = (world: World, request: Request) => answerOf(world, request) !== undefined;

/**
 * Does one command.
 * @param answer what the service said, if that is known: which random coupon it gave, and the bytes to be repeated
 */
export function perform(world: World, request: Request, answer: { text: string } | null): Expected {
  const before = answerOf(world, request);
  if (before && before.request !== contentOf(request)) return problem('idempotency-key-reused');
  if (before) return { status: 0, text: before.text ?? undefined };
  const expected = attempt(world, request, answer);
  if (request.key !== null && expected.status !== 401 && expected.status !== 429) {
    world.answers.set(`${request.actorId} ${request.key}`, {
      request: contentOf(request),
      text: answer?.text ?? null,
    });
  }
  return expected;
}

const problem = (code: string, more: object = {}): Expected => ({ status: STATUS[code]!, code, body: more });

function attempt(world: World, request: Request, answer: { text: string } | null): Expected {
  const actor = world.users.get(request.actorId)!;
  if (actor.disabled) return problem('unauthenticated');
  if (request.role === 'ADMIN' && actor.role === 'USER') return problem('forbidden');
  if (world.users.get(request.userId)!.disabled) return problem('not-found');
  if (request.code === null) return assignRandom(world, request, answer);

  const coupon = world.coupons.get(request.code);
  const isOwn = coupon !== undefined && coupon.owner === request.userId;
  if (request.role === 'USER' && !isOwn && mayNotGuess(world, request)) return problem('rate-limited');
  const refusal = coupon
    ? refuse(world, coupon, request)
    : request.role === 'ADMIN'
      ? 'not-found'
      : 'not-your-coupon';
  if (refusal === 'not-your-coupon' && request.role === 'USER') countGuess(world, request);
  if (refusal === 'invalid-state') {
    return problem(refusal, {
      state: stateOf(coupon!, world.now),
      actions: actionsFor(world, coupon!, request),
    });
  }
  if (refusal) return problem(refusal);
  change(world, coupon!, request);
  return { status: 200, body: present(world, coupon!, request) };
}

function assignRandom(world: World, request: Request, answer: { text: string } | null): Expected {
  const book = world.books.get(request.bookId!);
  if (!book) return problem('not-found');
  const refusal = refuseMore(world, book, request.userId);
  if (refusal) return problem(refusal);
  const free = [...world.coupons.values()].filter(
    ({ bookId, owner }) => bookId === book.id && owner === null,
  );
  if (free.length === 0) return problem('book-exhausted');
  const given = answer === null ? undefined : (JSON.parse(answer.text) as { code: string }).code;
  const coupon = free.find(({ code }) => code === given);
  if (!coupon) return { status: 200, body: { code: `one of ${free.map(({ code }) => code).join(', ')}` } };
  change(world, coupon, request);
  return { status: 200, body: present(world, coupon, request) };
}

export function stateOf(coupon: Coupon, now: number): State {
  if (coupon.owner === null) return 'UNASSIGNED';
  if (coupon.usedUp) return 'REDEEMED';
  return coupon.lock && coupon.lock.until > now ? 'LOCKED' : 'ASSIGNED';
}

const isOpen = ({ startsAt, expiresAt, archived }: Book, now: number) =>
  !archived && (startsAt ?? -Infinity) <= now && now < (expiresAt ?? Infinity);

export const countOf = (world: World, bookId: string, userId: string) =>
  [...world.coupons.values()].filter((coupon) => coupon.bookId === bookId && coupon.owner === userId).length;

function refuseMore(world: World, book: Book, userId: string): string | null {
  if (!isOpen(book, world.now)) return 'book-not-active';
  const isFull = book.limitPerUser !== null && countOf(world, book.id, userId) >= book.limitPerUser;
  return isFull ? 'assignment-limit-reached' : null;
}

/** The redemptions that count. */
export const validOf = ({ redemptions }: Coupon) =>
  redemptions.filter(({ rolledBackBy }) => rolledBackBy === null);

const leftOf = (coupon: Coupon, { maxRedemptions }: Book) => {
  if (coupon.usedUp) return 0;
  return maxRedemptions === null ? null : Math.max(0, maxRedemptions - validOf(coupon).length);
};

/** Why the command is not done, or null. */
function refuse(
  world: World,
  coupon: Coupon,
  request: Pick<Request, 'type' | 'actorId' | 'role' | 'userId'>,
): string | null {
  const { type, role, userId, actorId } = request;
  const book = world.books.get(coupon.bookId)!;
  const state = stateOf(coupon, world.now);
  const isAdmin = role === 'ADMIN';

  if (type === 'assign') {
    if (state === 'UNASSIGNED') return refuseMore(world, book, userId);
    return isAdmin || coupon.owner === userId ? 'already-assigned' : 'not-your-coupon';
  }
  if (type === 'unlock') {
    if (!isAdmin && coupon.owner !== userId) return 'not-your-coupon';
    if (state !== 'LOCKED') return 'invalid-state';
    return coupon.owner === userId || actorId === userId ? null : 'not-your-lock';
  }
  if (coupon.owner !== userId) {
    if (isAdmin && state === 'UNASSIGNED') return 'invalid-state';
    return isAdmin && state === 'LOCKED' && type === 'redeem' ? 'not-your-lock' : 'not-your-coupon';
  }
  const isClosed = !isOpen(book, world.now);
  if (type === 'lock') {
    if (state === 'REDEEMED') return 'invalid-state';
    if (isClosed) return 'book-not-active';
    if (state === 'LOCKED') return 'invalid-state';
    return leftOf(coupon, book) === 0 ? 'already-redeemed' : null;
  }
  if (leftOf(coupon, book) === 0) return 'already-redeemed';
  if (isClosed) return 'book-not-active';
  if (state === 'LOCKED') return null;
  return coupon.lock || coupon.ranOutAt !== null ? 'lock-expired' : 'not-locked';
}

/** Writes down that a lock's time is over. */
export function noteExpiry(coupon: Coupon, now: number): void {
  if (!coupon.lock || coupon.lock.until > now) return;
  const { until } = coupon.lock;
  coupon.events.push({
    type: 'coupon.lock_expired',
    userId: coupon.owner!,
    actorId: null,
    at: until,
    data: null,
  });
  coupon.lock = null;
  coupon.ranOutAt = until;
}

function change(world: World, coupon: Coupon, { type, actorId, userId, metadata }: Request): void {
  const { now } = world;
  const book = world.books.get(coupon.bookId)!;
  noteExpiry(coupon, now);
  const tell = (event: string, data: object | null = null) =>
    coupon.events.push({ type: event, userId: coupon.owner!, actorId, at: now, data });
  coupon.ranOutAt = null;
  if (type === 'assign') {
    Object.assign(coupon, { owner: userId, assignedAt: now, serial: (world.assigned += 1) });
    tell('coupon.assigned');
  } else if (type === 'lock') {
    coupon.lock = { since: now, until: Math.min(now + book.lockSeconds * 1000, book.expiresAt ?? Infinity) };
    tell('coupon.locked', { lockExpiresAt: toText(coupon.lock.until) });
  } else if (type === 'unlock') {
    coupon.lock = null;
    tell('coupon.unlocked');
  } else {
    coupon.lock = null;
    coupon.redemptions.push({ at: now, userId, actorId, metadata, rolledBackBy: null });
    coupon.usedUp = leftOf(coupon, book) === 0;
    tell('coupon.redeemed', {
      redemptionCount: validOf(coupon).length,
      state: stateOf(coupon, now),
      metadata,
    });
  }
}

/** An ADMIN takes a coupon from its owner. */
export function unassign(world: World, coupon: Coupon, actorId: string): string | null {
  if (stateOf(coupon, world.now) !== 'ASSIGNED') return 'invalid-state';
  noteExpiry(coupon, world.now);
  coupon.events.push({
    type: 'coupon.unassigned',
    userId: coupon.owner!,
    actorId,
    at: world.now,
    data: null,
  });
  Object.assign(coupon, { owner: null, assignedAt: null, ranOutAt: null });
  return null;
}

/** An ADMIN undoes one redemption. */
export function rollBack(world: World, coupon: Coupon, nth: number, actorId: string): string | null {
  const redemption = coupon.redemptions[nth]!;
  if (redemption.rolledBackBy !== null) return 'conflict';
  noteExpiry(coupon, world.now);
  redemption.rolledBackBy = actorId;
  coupon.usedUp = false;
  const data = { redemptionCount: validOf(coupon).length, state: stateOf(coupon, world.now) };
  const { userId } = redemption;
  coupon.events.push({ type: 'coupon.redemption_rolled_back', userId, actorId, at: world.now, data });
  return null;
}

export const toText = (time: number | null) => (time === null ? null : new Date(time).toISOString());

function actionsFor(
  world: World,
  coupon: Coupon,
  { role, actorId }: Pick<Request, 'role' | 'actorId'>,
): string[] {
  const userId = role === 'ADMIN' ? (coupon.owner ?? actorId) : actorId;
  const generous = {
    ...world,
    books: new Map([...world.books].map(([id, book]) => [id, { ...book, limitPerUser: null }])),
  };
  const actions: string[] = (['assign', 'lock', 'unlock', 'redeem'] as const).filter(
    (type) => refuse(generous, coupon, { type, role, actorId, userId }) === null,
  );
  if (role === 'ADMIN' && stateOf(coupon, world.now) === 'ASSIGNED') actions.push('unassign');
  return actions;
}

function present(world: World, coupon: Coupon, viewer: Pick<Request, 'role' | 'actorId'>): object {
  const state = stateOf(coupon, world.now);
  const lock = state === 'LOCKED' ? coupon.lock : null;
  return {
    code: coupon.code,
    bookId: coupon.bookId,
    state,
    ownerId: coupon.owner,
    assignedAt: toText(coupon.assignedAt),
    lockedAt: toText(lock?.since ?? null),
    lockExpiresAt: toText(lock?.until ?? null),
    redeemedAt: toText(validOf(coupon).at(-1)?.at ?? null),
    redemptionCount: validOf(coupon).length,
    redemptionsLeft: leftOf(coupon, world.books.get(coupon.bookId)!),
    actions: actionsFor(world, coupon, viewer),
    serverTime: toText(world.now),
    metadata: {},
  };
}

const limitsOf = ({ actorId }: Request) => [
  { scope: actorId, limit: GUESSES.perUser },
  { scope: 'address', limit: GUESSES.perAddress },
];

function mayNotGuess(world: World, request: Request): boolean {
  return limitsOf(request).some(({ scope, limit }) => {
    const spent = world.guesses.get(scope);
    return spent !== undefined && spent.ends > world.now && spent.count >= limit;
  });
}

function countGuess(world: World, request: Request): void {
  for (const { scope } of limitsOf(request)) {
    const spent = world.guesses.get(scope);
    if (spent && spent.ends > world.now) spent.count += 1;
    else world.guesses.set(scope, { count: 1, ends: world.now + GUESSES.windowMs });
  }
}

/** A book's end has been moved: no lock of it lasts longer. */
export function endLocks({ coupons }: World, { id, expiresAt }: Book): void {
  if (expiresAt === null) return;
  for (const { bookId, lock } of coupons.values()) {
    if (bookId === id && lock) lock.until = Math.min(lock.until, Math.max(expiresAt, lock.since + 1));
  }
}
