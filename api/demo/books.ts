import { dice } from './dice.ts';

export type BookKey =
  | 'weekend'
  | 'welcome'
  | 'coffee'
  | 'flash'
  | 'lastCall'
  | 'earlyBird'
  | 'partner'
  | 'preview'
  | 'anniversary'
  | 'opening'
  | 'ideas';

export interface DemoBook {
  name: string;
  description: string;
  createdDaysAgo: number;
  limit?: number;
  /** Of one coupon; null: no limit. */
  redemptions?: number | null;
  lockTtlSeconds: number;
  metadata?: Record<string, unknown>;
  startsInDays?: number;
  endsInDays?: number;
  archivedDaysAgo?: number;
  /** Where its coupons come from: a pattern, or a file. */
  codes?: { count: number; pattern: string } | { csv: string };
}

const ALPHABET = [...'ABCDEFGHJKLMNPQRSTUVWXYZ23456789'];
const roll = dice(2);
const block = () => Array.from({ length: 4 }, () => roll.pick(ALPHABET)).join('');
const codes = (prefix: string, count: number) =>
  Array.from({ length: count }, () => `${prefix}-${block()}-${block()}`);

const previewCodes = codes('PREVIEW', 250);
const ticketCodes = codes('TICKET', 50);

/** A list of seats as a partner sends it, with what goes wrong in such files. */
const ticketFile = [
  'seat;code',
  ...ticketCodes.slice(0, 20).map((code, index) => `A${index + 1};${code}`),
  `A21;${ticketCodes[3]}`,
  'A22;TICKET 0042',
  ...ticketCodes.slice(20, 40).map((code, index) => `B${index + 1};${code}`),
  'B21;n/a',
  `B22;${ticketCodes[7]!.toLowerCase()}`,
  'B23;?',
  ...ticketCodes.slice(40).map((code, index) => `C${index + 1};${code}`),
  `C11;TICKET-${'X'.repeat(60)}`,
  'C12;RANDOM',
  '',
].join('\n');

/** Sent a second time by mistake, "all or nothing": it fails on its first line. */
export const FAILING_FILE = ['code', ...previewCodes.slice(0, 40), ''].join('\n');

/** 2,000 coupons in all. */
export const BOOKS: Readonly<Record<BookKey, DemoBook>> = {
  weekend: {
    name: 'Weekend sale',
    description: '15 % off everything, every weekend.',
    createdDaysAgo: 37.9,
    limit: 5,
    lockTtlSeconds: 300,
    endsInDays: 45,
    metadata: { discount: '15 %', channel: 'newsletter' },
    codes: { count: 600, pattern: 'WEEKEND-####-####' },
  },
  welcome: {
    name: 'Welcome gift',
    description: 'A small gift with the first order. One for each customer.',
    createdDaysAgo: 36.8,
    limit: 1,
    lockTtlSeconds: 300,
    codes: { count: 400, pattern: 'HELLO-####-####' },
  },
  coffee: {
    name: 'Coffee card',
    description: 'Ten coffees on one card.',
    createdDaysAgo: 36.1,
    limit: 3,
    redemptions: 10,
    lockTtlSeconds: 900,
    metadata: { counter: 'café' },
    codes: { count: 200, pattern: 'COFFEE-####-####' },
  },
  flash: {
    name: 'Flash hour',
    description: 'Locks last half a minute: pay quickly, or give way to the next.',
    createdDaysAgo: 19.9,
    lockTtlSeconds: 30,
    endsInDays: 20,
    codes: { count: 100, pattern: 'FLASH-####-####' },
  },
  lastCall: {
    name: 'Last call',
    description: 'Ends the day after tomorrow.',
    createdDaysAgo: 34.7,
    limit: 3,
    lockTtlSeconds: 7200,
    endsInDays: 2,
    codes: { count: 120, pattern: 'LAST-####-####' },
  },
  earlyBird: {
    name: 'Early bird',
    description: 'For the first fifty. All of them are taken.',
    createdDaysAgo: 33.8,
    limit: 3,
    lockTtlSeconds: 600,
    endsInDays: 30,
    codes: { count: 50, pattern: 'BIRD-####-####' },
  },
  partner: {
    name: 'Partner tickets',
    description: 'Seats from a partner, kept for a day until they are collected. Nearly all are taken.',
    createdDaysAgo: 32.85,
    limit: 2,
    lockTtlSeconds: 86_400,
    endsInDays: 14,
    metadata: { venue: 'Hall 2' },
    codes: { csv: ticketFile },
  },
  preview: {
    name: 'Next season preview',
    description: 'Opens in ten days, for two weeks.',
    createdDaysAgo: 5.8,
    limit: 2,
    lockTtlSeconds: 300,
    startsInDays: 10,
    endsInDays: 24,
    codes: { csv: ['code', ...previewCodes, ''].join('\n') },
  },
  anniversary: {
    name: 'Anniversary week',
    description: 'Ended five days ago.',
    createdDaysAgo: 39.7,
    limit: 4,
    lockTtlSeconds: 300,
    startsInDays: -31,
    endsInDays: -5,
    codes: { count: 150, pattern: 'YEARS-####-####' },
  },
  opening: {
    name: 'Opening party',
    description: 'For the opening of the second shop.',
    createdDaysAgo: 44.6,
    limit: 2,
    lockTtlSeconds: 300,
    archivedDaysAgo: 12.2,
    codes: { count: 80, pattern: 'OPEN-####-####' },
  },
  ideas: {
    name: 'Ideas for next year',
    description: 'A draft without any coupons yet.',
    createdDaysAgo: 0.9,
    redemptions: null,
    lockTtlSeconds: 300,
    startsInDays: 90,
  },
};

export const BOOK_KEYS = Object.keys(BOOKS) as BookKey[];
