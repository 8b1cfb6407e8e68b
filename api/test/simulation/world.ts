/** What a history is about, in the model's words. Times are milliseconds. */

export type Role = 'USER' | 'ADMIN';
export type State = 'UNASSIGNED' | 'ASSIGNED' | 'LOCKED' | 'REDEEMED';
export type CommandType = 'assign' | 'lock' | 'unlock' | 'redeem';

export interface Book {
  id: string;
  startsAt: number | null;
  expiresAt: number | null;
  archived: boolean;
  limitPerUser: number | null;
  maxRedemptions: number | null;
  lockSeconds: number;
}

export interface Coupon {
  code: string;
  bookId: string;
  owner: string | null;
  assignedAt: number | null;
  /** Whose turn it was: the n-th coupon assigned in this history. */
  serial: number;
  /** A lock that nobody has noted the end of, whether or not its time is over. */
  lock: { since: number; until: number } | null;
  /** When the latest lock ended by itself, as noted; nothing since. */
  ranOutAt: number | null;
  redemptions: {
    at: number;
    userId: string;
    actorId: string;
    metadata: object;
    rolledBackBy: string | null;
  }[];
  usedUp: boolean;
  events: { type: string; userId: string; actorId: string | null; at: number; data: object | null }[];
}

export interface Request {
  id: string;
  type: CommandType;
  actorId: string;
  /** As the token says. */
  role: Role;
  userId: string;
  /** Null: a random coupon of `bookId`. */
  code: string | null;
  bookId: string | null;
  metadata: object;
  key: string | null;
}

export interface World {
  now: number;
  books: Map<string, Book>;
  coupons: Map<string, Coupon>;
  users: Map<string, { role: Role; disabled: boolean }>;
  /** By scope: wrong codes in the window, and when that ends. */
  guesses: Map<string, { count: number; ends: number }>;
  answers: Map<string, { request: string; text: string | null }>;
  assigned: number;
}

export const GUESSES = { perUser: 3, perAddress: 6, windowMs: 60_000 };
