import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import * as bcrypt from '@node-rs/bcrypt';
import { fieldProblem } from '../../../problems.ts';
import { hashQueue, type Source } from './hash-queue.ts';

/** 2^12 rounds: about 0.2 s, off the main thread. */
const COST = 12;

/** Fits no password. What is checked when there is no account, so that the time of the answer does not tell. */
const NO_ACCOUNT = '$2b$12$NjWlZuVb1iZiy1ZUUPESx.ZL8EbMY/rsfhBuuzVa0/L7M6vBwiARC';

/** In lower case, at least 8 characters long: shorter ones are refused by their length. */
const COMMON = new Set(
  readFileSync(new URL('common-passwords.txt', import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line && !line.startsWith('#')),
);

/** bcrypt stops at 72 bytes and at NUL, so it gets a digest: 44 characters. NFKC, as keyboards differ in how they write é. */
export function digest(password: string): string {
  return createHash('sha256').update(password.normalize('NFKC')).digest('base64');
}

/** What may be done while it is one's turn. Each takes 0.2 s. */
export interface Hashing {
  hash: (password: string) => Promise<string>;
  /** Whether a password fits a hash; without a hash no, after the same work. */
  fits: (password: string, hash: string | null | undefined) => Promise<boolean>;
}

const hashing: Hashing = {
  hash: (password) => bcrypt.hash(digest(password), COST),
  async fits(password, hash) {
    const fits = await bcrypt.verify(digest(password), hash ?? NO_ACCOUNT);
    return fits && typeof hash === 'string';
  },
};

/**
 * Works with passwords when its turn comes: the only way to hash one. Never while a database connection is held; what the work asks the
 * database is not asked for those whose turn does not come.
 * @param source for whom: an address, a device, or an account that is signed in
 * @throws {Problem} unavailable when its turn does not come in time
 */
export function inTurn<T>(source: Source, work: (hashing: Hashing) => Promise<T>): Promise<T> {
  return hashQueue.run(source, () => work(hashing));
}

export function hashPassword(password: string, source: Source): Promise<string> {
  return inTurn(source, ({ hash }) => hash(password));
}

/**
 * Refuses what guessers try first. No rules of composition: they make passwords worse (NIST SP 800-63B, 3.1.1.2).
 * @param pointer where in the body the password is
 * @throws {Problem} invalid-request
 */
export function requireGoodPassword(password: string, email: string, pointer: string): void {
  const folded = password.normalize('NFKC').toLowerCase();
  const reason =
    COMMON.has(folded) || /^(.)\1*$/su.test(folded)
      ? 'easy-to-guess'
      : folded === email || folded === email.slice(0, email.lastIndexOf('@'))
        ? 'same-as-email'
        : null;
  if (reason !== null) throw fieldProblem({ in: 'body', pointer }, reason);
}
