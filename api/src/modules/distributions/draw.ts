import { createCipheriv, createHash } from 'node:crypto';

/**
 * The draw of a distribution: pure, and the same for ever for one version, so that anybody can repeat it from what was published.
 * docs/draws.md says in words what happens here; change either and it is a new version.
 */
export const ALGORITHM = 1;

/** A user of the list that is drawn from. */
export interface Entrant {
  userId: string;
  /** Coupons of the book that the user has been given before. */
  already: number;
}

export interface Terms {
  /** `equal`: as evenly as can be. `random`: each coupon is drawn by itself. */
  mode: 'equal' | 'random';
  /** Most for each; null: no limit but the others. In `equal` mode also what each shall get, when there is no `total`. */
  perUser: number | null;
  /** How many coupons shall be given; null: as many as `perUser` asks for. */
  total: number | null;
  /** Of the book, counting what users have already; null: none. */
  bookLimit: number | null;
  /** Unassigned coupons of the book at the draw. */
  stock: number;
}

export interface Draw {
  /** Places in the list, in the order of the lots that users drew: who drew the first comes first, whenever coupons are short. */
  lots: number[];
  /** Coupons by place in the list. */
  shares: number[];
}

/** What terms come to for a list, before anything is drawn. */
export interface Assessment {
  /** Coupons asked for. */
  needed: number;
  /** Coupons that the limits let these users take; infinite without limits. */
  capacity: number;
  /** Coupons that will be given: `needed`, unless stock or limits are short of it. */
  planned: number;
}

/** How many coupons a user can take. */
export function roomOf({ perUser, bookLimit }: Terms, { already }: Entrant): number {
  const left = bookLimit === null ? Infinity : Math.max(0, bookLimit - already);
  return Math.min(perUser ?? Infinity, left);
}

export function assess(terms: Terms, list: readonly Entrant[]): Assessment {
  const capacity = list.reduce((sum, entrant) => sum + roomOf(terms, entrant), 0);
  const needed = terms.total ?? capacity;
  return { needed, capacity, planned: Math.min(needed, capacity, terms.stock) };
}

/**
 * Draws step by step, pausing after some thousand numbers, for who has other things to do meanwhile.
 * @param list in ascending order of user ids, each once
 */
export function* drawing(seed: Buffer, terms: Terms, list: readonly Entrant[]): Generator<void, Draw> {
  const below = integers(seed);
  const rooms = list.map((entrant) => roomOf(terms, entrant));
  const { planned } = assess(terms, list);

  const lots = list.map((_, place) => place);
  for (let last = lots.length - 1; last > 0; last -= 1) {
    const other = below(last + 1);
    [lots[last], lots[other]] = [lots[other]!, lots[last]!];
    if (last % PAUSE === 0) yield;
  }
  const shares =
    terms.mode === 'equal' ? shareEvenly(planned, rooms, lots) : yield* shareAtRandom(planned, rooms, below);
  return { lots, shares };
}

const PAUSE = 100_000;
const STREAM_BYTES = 16_384;

/** Everybody gets the same, as far as they have room; what is left then goes to the first lots, one each. */
function shareEvenly(planned: number, rooms: readonly number[], lots: readonly number[]): number[] {
  const given = (level: number) => rooms.reduce((sum, room) => sum + Math.min(room, level), 0);
  let level = 0;
  // The highest level that there are coupons for.
  for (let above = planned + 1; above - level > 1;) {
    const middle = Math.floor((level + above) / 2);
    if (given(middle) <= planned) level = middle;
    else above = middle;
  }
  const shares = rooms.map((room) => Math.min(room, level));
  let left = planned - given(level);
  for (const place of lots) {
    if (left === 0) break;
    if (rooms[place]! <= level) continue;
    shares[place]! += 1;
    left -= 1;
  }
  return shares;
}

/** Each coupon goes to one of those who have room for it, all with the same chance. */
function* shareAtRandom(
  planned: number,
  rooms: readonly number[],
  below: (bound: number) => number,
): Generator<void, number[]> {
  const shares = rooms.map(() => 0);
  const open = rooms.flatMap((room, place) => (room > 0 ? [place] : []));
  for (let coupon = 0; coupon < planned; coupon += 1) {
    const index = below(open.length);
    const place = open[index]!;
    shares[place]! += 1;
    if (shares[place] === rooms[place]) {
      const moved = open.pop()!;
      if (index < open.length) open[index] = moved;
    }
    if (coupon % PAUSE === 0) yield;
  }
  return shares;
}

/** Draws at once. */
export function draw(seed: Buffer, terms: Terms, list: readonly Entrant[]): Draw {
  const steps = drawing(seed, terms, list);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/**
 * Numbers below a bound, all equally likely. The key stream of AES-256 in counter mode (key: the seed; first counter block: 0) is read
 * as numbers of 32 bits, big-endian. Those above the largest multiple of the bound are passed over, the others count modulo the bound.
 */
function integers(seed: Buffer): (bound: number) => number {
  const cipher = createCipheriv('aes-256-ctr', seed, Buffer.alloc(16));
  const zeros = Buffer.alloc(STREAM_BYTES);
  let stream = Buffer.alloc(0);
  let offset = 0;
  const next = () => {
    if (offset === stream.length) {
      stream = cipher.update(zeros);
      offset = 0;
    }
    offset += 4;
    return stream.readUInt32BE(offset - 4);
  };
  return (bound) => {
    const limit = 2 ** 32 - (2 ** 32 % bound);
    for (;;) {
      const number = next();
      if (number < limit) return number % bound;
    }
  };
}

/** SHA-256 of the list: a line `<userId> <already>` for each, every line ended by a line feed. */
export function hashList(list: readonly Entrant[]): Buffer {
  return hashLines(list.map(({ userId, already }) => `${userId} ${already}\n`));
}

/** SHA-256 of the outcome: a line `<userId> <share>` for each, in the order of lots. */
export function hashOutcome(list: readonly Entrant[], { lots, shares }: Draw): Buffer {
  return hashLines(lots.map((place) => `${list[place]!.userId} ${shares[place]!}\n`));
}

function hashLines(lines: readonly string[]): Buffer {
  return createHash('sha256').update(lines.join('')).digest();
}
