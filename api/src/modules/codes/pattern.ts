import { fieldProblem } from '../../problems.ts';
import type { Why } from '../../reasons.ts';
import { MAX_CODE_LENGTH, MIN_CODE_LENGTH } from '../coupons/code.ts';
import { uniformBelow } from './random.ts';

/** Sets with a name. The default has no I, O, 0 and 1, which people mix up: 32 characters, 5 bits each. */
export const CHARSETS = {
  default: 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789',
  digits: '0123456789',
  letters: 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
} as const;

/** 60 bits. */
export const DEFAULT_PATTERN = '####-####-####';

const RESERVED = 'RANDOM';

/** A way to make codes: `#` is one random character of the charset, all else stands for itself. */
export interface Pattern {
  text: string;
  charset: string;
  /** How many different codes it has, exactly. */
  capacity: bigint;
}

export interface PatternRequest {
  pattern?: string;
  /** Of the random part, between prefix and postfix. */
  length?: number;
  prefix?: string;
  postfix?: string;
  /** A name of CHARSETS, or the characters. */
  charset?: string;
}

/** @throws {Problem} invalid-request, pointing at the field */
export function readPattern(request: PatternRequest): Pattern {
  const { pattern, length, prefix, postfix } = request;
  const short = length !== undefined || prefix !== undefined || postfix !== undefined;
  if (short && pattern !== undefined) refuse('/pattern', { reason: 'pattern-alone' });
  if (short && length === undefined) refuse('/length', { reason: 'required' });
  const text = short
    ? readLiteral(prefix ?? '', '/prefix') + '#'.repeat(length!) + readLiteral(postfix ?? '', '/postfix')
    : upperCase(pattern ?? DEFAULT_PATTERN);
  const pointer = short ? '/length' : '/pattern';
  if (!/^[A-Z0-9_#-]*$/.test(text)) refuse(pointer, { reason: 'not-for-patterns' });
  if (!text.includes('#')) refuse(pointer, { reason: 'no-random-character' });
  if (text.length < MIN_CODE_LENGTH || text.length > MAX_CODE_LENGTH) {
    const values = { min: MIN_CODE_LENGTH, max: MAX_CODE_LENGTH, length: text.length };
    refuse(pointer, { reason: 'wrong-code-length', values });
  }
  const charset = readCharset(request.charset ?? 'default');
  return { text, charset, capacity: capacityOf(text, charset) };
}

function readLiteral(text: string, pointer: string): string {
  const literal = upperCase(text);
  if (!/^[A-Z0-9_-]*$/.test(literal)) refuse(pointer, { reason: 'not-for-codes' });
  return literal;
}

function readCharset(asked: string): string {
  if (Object.hasOwn(CHARSETS, asked)) return CHARSETS[asked as keyof typeof CHARSETS];
  const charset = upperCase(asked);
  if (!/^[A-Z0-9_-]{2,}$/.test(charset) || new Set(charset).size < charset.length) {
    refuse('/charset', { reason: 'not-a-charset' });
  }
  return charset;
}

/** As in `canonicalCode`: only ASCII letters have an upper case here. */
const upperCase = (text: string) =>
  text
    .trim()
    .normalize('NFKC')
    .replace(/[a-z]/g, (letter) => letter.toUpperCase());

function refuse(pointer: string, why: Why): never {
  throw fieldProblem({ in: 'body', pointer }, why);
}

const randomLength = (text: string) => text.split('#').length - 1;

function capacityOf(text: string, charset: string): bigint {
  const all = BigInt(charset.length) ** BigInt(randomLength(text));
  return canMake({ text, charset }, RESERVED) ? all - 1n : all;
}

/** Whether a code fits a pattern. */
export function canMake({ text, charset }: Pick<Pattern, 'text' | 'charset'>, code: string): boolean {
  return (
    code.length === text.length &&
    [...text].every((character, index) =>
      character === '#' ? charset.includes(code[index]!) : character === code[index],
    )
  );
}

/** How many bits a guesser must get right. */
export function entropyBits({ text, charset }: Pattern): number {
  return Math.round(randomLength(text) * Math.log2(charset.length) * 100) / 100;
}

/** What finds the codes of a pattern in the database. Both are built from checked characters only. */
export function searchTerms({ text, charset }: Pattern): { like: string; regex: string } {
  const set = `[${[...charset].filter((character) => character !== '-').join('')}${charset.includes('-') ? '-' : ''}]`;
  return {
    like: text.replaceAll('_', '\\_').replaceAll('#', '_'),
    regex: `^${text.replace(/#+/g, (run) => `${set}{${run.length}}`)}$`,
  };
}

/** Endless random codes of a pattern, each independent of the others, so that some come twice. */
export function* drawCodes(pattern: Pattern): Generator<string, never> {
  const { text, charset } = pattern;
  const draw = uniformBelow(charset.length);
  for (;;) {
    let code = '';
    for (const character of text) code += character === '#' ? charset[draw()]! : character;
    if (code !== RESERVED) yield code;
  }
}

/**
 * Every code of a pattern once, in random order (Fisher-Yates, as far as it is read). Takes 4 bytes of memory for each code
 * the pattern has.
 */
export function* shuffleCodes(pattern: Pattern): Generator<string, void> {
  const { text, charset } = pattern;
  const size = charset.length ** randomLength(text);
  const order = new Uint32Array(size).map((_, index) => index);
  for (let left = size; left > 0; left -= 1) {
    const chosen = uniformBelow(left)();
    let number = order[chosen]!;
    order[chosen] = order[left - 1]!;
    let code = '';
    for (const character of text) {
      code += character === '#' ? charset[number % charset.length]! : character;
      if (character === '#') number = Math.floor(number / charset.length);
    }
    if (code !== RESERVED) yield code;
  }
}
