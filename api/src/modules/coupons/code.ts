import { foldInput, nameCharacters } from '../../files/characters.ts';
import type { Why } from '../../reasons.ts';

/** Shortest and longest code. */
export const MIN_CODE_LENGTH = 3;
export const MAX_CODE_LENGTH = 64;
/** Text that is looked at: around a code there may be quotes and what shows nothing. */
const MAX_INPUT_LENGTH = 256;

/** A word of the API's own addresses: `POST /coupons/assign/random`. */
const RESERVED = 'RANDOM';

const CANONICAL = /^[A-Z0-9_-]{3,64}$/;

/**
 * The one spelling of a code, or why the text is none. What people type and paste is folded (see `foldInput`), then upper case.
 *
 * Only ASCII letters are made upper case, after NFKC: `ß`.toUpperCase() is `SS` and `ı`.toUpperCase() is `I`, so that two
 * different texts would be one code. Those are refused; full-width letters and ligatures are the same text to NFKC.
 */
export function canonicalCode(text: string): { code: string } | Why {
  if (CANONICAL.test(text) && text !== RESERVED) return { code: text };
  const trimmed = text.trim();
  if (trimmed === '') return { reason: 'empty' };
  // Before NFKC, which can make one character 18 long.
  if (trimmed.length > MAX_INPUT_LENGTH) return { reason: 'too-long', values: { max: MAX_CODE_LENGTH } };
  const folded = foldInput(trimmed);
  if (folded === '') return { reason: 'empty' };
  const foreign = folded.match(/[^A-Za-z0-9_-]/gu);
  if (foreign) {
    if (/^\d[.,]\d+E\+\d+$/i.test(folded)) return { reason: 'number-shortened' };
    return { reason: 'not-allowed', values: { characters: nameCharacters(foreign) } };
  }
  if (folded.length < MIN_CODE_LENGTH) return { reason: 'too-short', values: { min: MIN_CODE_LENGTH } };
  if (folded.length > MAX_CODE_LENGTH) return { reason: 'too-long', values: { max: MAX_CODE_LENGTH } };
  const code = folded.toUpperCase();
  return code === RESERVED ? { reason: 'reserved', values: { word: RESERVED } } : { code };
}

/** The beginning of a code as it is searched for. */
export const foldCodePrefix = (text: string): string => foldInput(text).toUpperCase();
