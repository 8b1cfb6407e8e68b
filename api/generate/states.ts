import { type BookRules, type Command, type Coupon, decide } from '../src/modules/coupons/state.ts';

const NOW = new Date('2030-01-01T00:00:00Z');
const BEFORE = new Date(NOW.getTime() - 60_000);
const LATER = new Date(NOW.getTime() + 60_000);

const OWNER = 'the owner';
const STRANGER = 'a stranger';

const unassigned: Coupon = {
  id: 1,
  bookId: 'a book',
  code: 'CODE',
  state: 'UNASSIGNED',
  assignedUserId: null,
  assignedAt: null,
  lockedByUserId: null,
  lockedAt: null,
  lockExpiresAt: null,
  redeemedAt: null,
  redemptionCount: 0,
  metadata: {},
};
const assigned: Coupon = { ...unassigned, state: 'ASSIGNED', assignedUserId: OWNER, assignedAt: BEFORE };
const locked: Coupon = {
  ...assigned,
  state: 'LOCKED',
  lockedByUserId: OWNER,
  lockedAt: BEFORE,
  lockExpiresAt: LATER,
};

const COUPONS: Record<string, Coupon> = {
  UNASSIGNED: unassigned,
  ASSIGNED: assigned,
  LOCKED: locked,
  'LOCKED, the lock has run out': { ...locked, lockExpiresAt: NOW },
  'ASSIGNED, that written down': { ...assigned, lockExpiresAt: NOW },
  REDEEMED: { ...assigned, state: 'REDEEMED', redeemedAt: BEFORE, redemptionCount: 1 },
};

const BOOK: BookRules = {
  bookName: 'a book',
  startsAt: null,
  expiresAt: null,
  archivedAt: null,
  maxAssignmentsPerUser: null,
  maxRedemptions: 1,
  lockTtlSeconds: 300,
};

const COMMANDS = ['assign', 'lock', 'unlock', 'redeem', 'unassign'] as const;

type Caller = {
  title: string;
  book?: BookRules;
  actor: { id: string; role: 'USER' | 'ADMIN' };
  userId: string;
};

const CALLERS: Caller[] = [
  { title: 'The owner', actor: { id: OWNER, role: 'USER' }, userId: OWNER },
  { title: 'Another USER', actor: { id: STRANGER, role: 'USER' }, userId: STRANGER },
  { title: 'An ADMIN for the owner', actor: { id: 'an admin', role: 'ADMIN' }, userId: OWNER },
  { title: 'An ADMIN for somebody else', actor: { id: 'an admin', role: 'ADMIN' }, userId: STRANGER },
  {
    title: 'The owner, while the book is not active',
    book: { ...BOOK, archivedAt: BEFORE },
    actor: { id: OWNER, role: 'USER' },
    userId: OWNER,
  },
];

/** What becomes of each command in each state, by asking `decide`: a new state, or the code of the refusal. */
export function describeStates(): string {
  return CALLERS.map(({ title, book = BOOK, actor, userId }) => {
    const rows = Object.entries(COUPONS).map(([name, coupon]) => {
      const outcomes = COMMANDS.map((type) => {
        const command = { type, actor, userId, assigned: 0, metadata: {} } as Command;
        const decision = decide(coupon, book, command, NOW);
        return 'refusal' in decision ? `\`${decision.refusal}\`` : `**${decision.next.state}**`;
      });
      return `| ${name} | ${outcomes.join(' | ')} |`;
    });
    const head = [
      `| state | ${COMMANDS.join(' | ')} |`,
      `| --- | ${COMMANDS.map(() => '---').join(' | ')} |`,
    ];
    return [`### ${title}`, [...head, ...rows].join('\n')].join('\n\n');
  }).join('\n\n');
}
