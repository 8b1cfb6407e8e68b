import { dice } from './dice.ts';

/** Of every account that can sign in: see safety.ts. */
export const PASSWORD = 'coupon-book-demo';

export interface Person {
  email: string;
  name?: string;
  role?: 'ADMIN';
  /** Of those who can sign in and act for themselves; the shop's checkout acts for the others. */
  password?: string;
  /** Has no account before the pool it is in invites it. */
  invited?: true;
  inPool?: keyof typeof POOLS;
  joinedDaysAgo: number;
  disabledDaysAgo?: number;
}

export const ADMIN: Person = { email: 'admin@example.com', name: 'Administrator', joinedDaysAgo: 131.3 };
/** The shop: an account of a program, which acts for customers who have no password here. */
export const CHECKOUT = 'checkout@example.com';
export const SHOPPER = 'shopper@example.com';
export const REGULAR = 'regular@example.com';
export const NEWCOMER = 'newcomer@example.com';

export const POOLS = {
  newsletter: { name: 'Newsletter readers', description: 'Everybody who asked for the weekly letter.' },
  coffee: { name: 'Coffee club', description: 'Regulars of the café.' },
  beta: { name: 'Beta testers', description: 'Nobody has asked to be one yet.' },
};

const roll = dice(1);
const numbered = (word: string, count: number, more: (number: number) => Partial<Person>): Person[] =>
  Array.from({ length: count }, (_, index) => ({
    email: `${word}-${String(index + 1).padStart(2, '0')}@example.com`,
    joinedDaysAgo: roll.between(40, 120),
    ...more(index + 1),
  }));

/** Nobody that could exist: names are roles, addresses are at example.com (RFC 2606). */
export const PEOPLE: readonly Person[] = [
  { email: CHECKOUT, name: 'Shop checkout', role: 'ADMIN', password: PASSWORD, joinedDaysAgo: 130.8 },
  { email: SHOPPER, name: 'Shopper', password: PASSWORD, inPool: 'newsletter', joinedDaysAgo: 90.2 },
  { email: REGULAR, name: 'Regular', password: PASSWORD, inPool: 'newsletter', joinedDaysAgo: 118.9 },
  { email: NEWCOMER, name: 'Newcomer', password: PASSWORD, joinedDaysAgo: 0.1 },
  ...numbered('shopper', 20, (n) => ({ name: `Shopper ${n}`, inPool: n > 4 ? 'newsletter' : undefined })),
  ...numbered('student', 10, (n) => ({
    name: `Student ${n}`,
    inPool: n > 3 ? 'newsletter' : 'coffee',
    disabledDaysAgo: n === 9 ? 26 : undefined,
  })),
  ...numbered('member', 10, (n) => ({
    name: `Member ${n}`,
    inPool: n > 2 ? 'newsletter' : 'coffee',
    disabledDaysAgo: n === 1 ? 34 : undefined,
  })),
  ...numbered('reader', 15, () => ({ invited: true, inPool: 'newsletter', joinedDaysAgo: 39 })),
];

/** Those who take and spend coupons like anybody else. */
export const CROWD = PEOPLE.filter(({ password, disabledDaysAgo }) => !password && !disabledDaysAgo);
