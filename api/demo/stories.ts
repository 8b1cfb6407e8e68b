import { BOOKS, type BookKey } from './books.ts';
import { type Dice, dice } from './dice.ts';
import { CROWD, REGULAR, SHOPPER } from './people.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The last two are an administrator's. */
type Deed = 'assign' | 'lock' | 'unlock' | 'redeem' | 'rollback' | 'unassign';

export interface Act {
  deed: Deed;
  /** When it shall have happened, in milliseconds since 1970. */
  at: number;
  /** Of a redemption. */
  metadata?: Record<string, unknown>;
  /** Of a rollback. */
  reason?: string;
}

/** What becomes of one coupon. */
export interface Story {
  key: string;
  book: BookKey;
  /** Whose it is; null: whoever a distribution has given it to. */
  email: string | null;
  acts: Act[];
}

/** How a story ends. `held`: locked now. `lapsed`: its lock ran out. `undone`: rolled back; `again`: and redeemed once more. */
type Ending = 'kept' | 'redeemed' | 'released' | 'held' | 'lapsed' | 'undone' | 'again' | 'takenBack';
type Odds = readonly (readonly [Ending, number])[];

const REASONS = ['Order cancelled', 'Scanned twice at the till', 'Goods returned', 'Wrong customer'];

/** What customers did with each book in the 30 days until `now`: always the same for the same time. */
export function tellStories(now: number) {
  const roll = dice(3);
  const clock = opening(roll, now);
  const stories: Story[] = [];
  /** A shop numbers its orders as they come, one in four minutes. */
  const order = (at: number) => ({
    order: `W-${20_000 - Math.floor((now - at) / (4 * MINUTE))}`,
    channel: roll.pick(['web', 'web', 'shop', 'app']),
  });

  function spend(at: number, lockSeconds: number): Act[] {
    const paidAfter = roll.between(8, Math.min(120, lockSeconds * 0.8)) * 1000;
    return [
      { deed: 'lock', at: at - paidAfter },
      { deed: 'redeem', at, metadata: order(at) },
    ];
  }

  const rollback = (at: number): Act => ({ deed: 'rollback', at, reason: roll.pick(REASONS) });

  /** What follows when somebody has a coupon of the book, around the time `at`. */
  function follow(ending: Ending, book: BookKey, at: number): Act[] {
    const { lockTtlSeconds } = BOOKS[book];
    const soon = (least: number, most: number) =>
      Math.min(at + roll.between(least, most) * HOUR, now - roll.between(1, 4) * MINUTE);
    switch (ending) {
      case 'kept':
        return [];
      case 'redeemed':
        return spend(at, lockTtlSeconds);
      case 'released':
        return [
          { deed: 'lock', at: at - 15_000 },
          { deed: 'unlock', at },
        ];
      case 'held':
        return [{ deed: 'lock', at: now - roll.between(0, 0.4) * lockTtlSeconds * 1000 }];
      case 'lapsed':
        return [
          { deed: 'lock', at: Math.min(at, now - lockTtlSeconds * 1000 - roll.between(0.2, 4) * HOUR) },
        ];
      case 'undone':
        return [...spend(at, lockTtlSeconds), rollback(soon(0.2, 5))];
      case 'again': {
        const first = at - roll.between(6, 20) * HOUR;
        return [
          ...spend(first, lockTtlSeconds),
          rollback(first + roll.between(0.5, 3) * HOUR),
          ...spend(at, lockTtlSeconds),
        ];
      }
      case 'takenBack':
        return [{ deed: 'unassign', at: soon(1, 30) }];
    }
  }

  function tell(book: BookKey, email: string | null, acts: Act[]): void {
    stories.push({ key: `${book}-${stories.length + 1}`, book, email, acts });
  }

  function claim(book: BookKey, email: string, ending: Ending, [from, to]: Days): void {
    const at = clock(from, to);
    const acts = follow(ending, book, at);
    const claimedAt = Math.min(acts[0]?.at ?? at, at) - roll.between(0.1, 40) * HOUR;
    tell(book, email, [{ deed: 'assign', at: claimedAt }, ...acts]);
  }

  /** `count` claims by the crowd, everybody in turn, so that nobody has more than the book allows. */
  function crowd(book: BookKey, count: number, days: Days, odds: Odds, people = CROWD): void {
    const queue = roll.shuffled(people);
    for (let index = 0; index < count; index += 1) {
      claim(book, queue[index % queue.length]!.email, roll.weighted(odds), days);
    }
  }

  function cards(email: string, uses: number): void {
    const visits = Array.from({ length: uses }, () => clock(29, 0)).sort((a, b) => a - b);
    for (let index = uses - 2; index >= 0; index -= 1) {
      visits[index] = Math.min(visits[index]!, visits[index + 1]! - 10 * MINUTE);
    }
    const first = visits[0] ?? clock(10, 2);
    const claimedAt = first - roll.between(0.2, 30) * HOUR;
    tell('coffee', email, [{ deed: 'assign', at: claimedAt }, ...visits.flatMap((at) => spend(at, 120))]);
  }

  crowd(
    'opening',
    60,
    [29, 15],
    [
      ['redeemed', 8],
      ['kept', 2],
    ],
  );
  crowd(
    'anniversary',
    104,
    [27, 6],
    [
      ['redeemed', 75],
      ['kept', 15],
      ['undone', 4],
      ['again', 3],
      ['lapsed', 3],
    ],
  );
  crowd(
    'weekend',
    100,
    [29, 0],
    [
      ['redeemed', 62],
      ['kept', 20],
      ['released', 5],
      ['lapsed', 4],
      ['undone', 3],
      ['again', 2],
      ['takenBack', 4],
    ],
  );
  crowd('weekend', 3, [2, 0], [['held', 1]]);
  crowd(
    'lastCall',
    70,
    [29, 0],
    [
      ['redeemed', 55],
      ['kept', 35],
      ['lapsed', 5],
      ['takenBack', 5],
    ],
  );
  crowd('lastCall', 4, [3, 0], [['held', 1]]);
  crowd(
    'partner',
    36,
    [28, 0],
    [
      ['redeemed', 55],
      ['kept', 40],
      ['released', 5],
    ],
  );
  crowd('partner', 8, [2, 1], [['held', 1]]);
  crowd(
    'flash',
    22,
    [16, 0],
    [
      ['redeemed', 60],
      ['kept', 25],
      ['lapsed', 15],
    ],
  );
  crowd(
    'earlyBird',
    28,
    [29, 4],
    [
      ['redeemed', 70],
      ['kept', 22],
      ['undone', 8],
    ],
  );
  // Nobody has two: these are in no distribution of this book.
  const strangers = CROWD.filter(({ inPool }) => inPool !== 'newsletter');
  crowd(
    'welcome',
    strangers.length,
    [28, 1],
    [
      ['redeemed', 60],
      ['kept', 40],
    ],
    strangers,
  );
  for (const { email } of roll.shuffled(CROWD).slice(0, 44)) cards(email, Math.round(roll.between(0, 10)));

  tellOfThoseWhoSignIn(claim, cards);
  return {
    stories,
    /** What those do later who were given coupons by a distribution; in the order in which these were given. */
    goOn(book: BookKey, count: number, [from, to]: Days, odds: Odds): Story[] {
      return Array.from({ length: count }, (_, index) => ({
        key: `${book}-given-${index}`,
        book,
        email: null,
        acts: follow(roll.weighted(odds), book, clock(from, to)),
      }));
    },
  };
}

type Days = readonly [from: number, to: number];

/** The two users who can sign in find every state among their coupons. */
function tellOfThoseWhoSignIn(
  claim: (book: BookKey, email: string, ending: Ending, days: Days) => void,
  cards: (email: string, uses: number) => void,
): void {
  claim('weekend', SHOPPER, 'kept', [6, 1]);
  claim('weekend', SHOPPER, 'redeemed', [12, 3]);
  claim('weekend', SHOPPER, 'held', [2, 1]);
  claim('partner', SHOPPER, 'held', [2, 1]);
  claim('lastCall', SHOPPER, 'kept', [5, 1]);
  claim('lastCall', SHOPPER, 'lapsed', [4, 1]);
  claim('flash', SHOPPER, 'kept', [3, 1]);
  claim('flash', SHOPPER, 'kept', [2, 1]);
  claim('anniversary', SHOPPER, 'kept', [15, 8]);
  claim('opening', SHOPPER, 'redeemed', [25, 16]);
  claim('earlyBird', SHOPPER, 'undone', [9, 5]);
  cards(SHOPPER, 4);
  cards(REGULAR, 10);
  cards(REGULAR, 7);
  cards(REGULAR, 2);
  for (const book of [
    'weekend',
    'anniversary',
    'opening',
    'lastCall',
    'partner',
    'flash',
    'earlyBird',
  ] as const) {
    const days: Days = BOOKS[book].archivedDaysAgo ? [28, 14] : [16, 6];
    claim(book, REGULAR, 'redeemed', days);
    claim(book, REGULAR, 'redeemed', days);
  }
  claim('weekend', REGULAR, 'again', [20, 4]);
  claim('anniversary', REGULAR, 'redeemed', [20, 7]);
  claim('lastCall', REGULAR, 'kept', [3, 1]);
  claim('flash', REGULAR, 'kept', [1, 0.2]);
}

/** A time between so many days ago and so many, when a shop has customers: by day, most in the evening, at weekends and lately. */
function opening({ between, weighted }: Dice, now: number): (from: number, to: number) => number {
  const hours = [2, 3, 4, 5, 6, 7, 6, 5, 5, 6, 8, 9, 8, 5, 2].map(
    (weight, index) => [index + 7, weight] as const,
  );
  return (from, to) => {
    const days = Array.from({ length: Math.floor(from) - Math.floor(to) + 1 }, (_, index) => {
      const ago = Math.floor(to) + index;
      const isWeekend = [0, 6].includes(new Date(now - ago * DAY).getUTCDay());
      return [ago, (isWeekend ? 2 : 1) * (1.6 - ago / 30)] as const;
    });
    const midnight = Math.floor((now - weighted(days) * DAY) / DAY) * DAY;
    const at = midnight + weighted(hours) * HOUR + between(0, HOUR);
    // Later today has not happened yet.
    return at < now - to * DAY - 5 * MINUTE ? at : now - to * DAY - between(5 * MINUTE, 3 * HOUR);
  };
}
