/** Shortest and longest code. */
export const MIN_CODE_LENGTH = 3;
export const MAX_CODE_LENGTH = 64;

/** A word of the API's own addresses: `POST /coupons/assign/random`. */
const RESERVED = 'RANDOM';

const CANONICAL = /^[A-Z0-9_-]{3,64}$/;

/**
 * The one spelling of a code: trimmed, NFKC, upper case; or why the text is no code. Written to end a sentence that names the
 * code, without naming it.
 *
 * Only ASCII letters are made upper case, after NFKC: `ß`.toUpperCase() is `SS` and `ı`.toUpperCase() is `I`, so that two
 * different texts would be one code. Those are refused; full-width letters and ligatures are the same text to NFKC.
 */
export function canonicalCode(text: string): { code: string } | { reason: string } {
  if (CANONICAL.test(text) && text !== RESERVED) return { code: text };
  const trimmed = text.trim();
  if (trimmed === '') return { reason: 'is empty' };
  // Before NFKC, which can make one character 18 long. It shortens nothing that could be a code.
  if (trimmed.length > MAX_CODE_LENGTH) return { reason: `is longer than ${MAX_CODE_LENGTH} characters` };
  const folded = trimmed.normalize('NFKC');
  if (!/^[A-Za-z0-9_-]*$/.test(folded)) return { reason: 'contains characters other than A-Z, 0-9, - and _' };
  if (folded.length < MIN_CODE_LENGTH) return { reason: `is shorter than ${MIN_CODE_LENGTH} characters` };
  if (folded.length > MAX_CODE_LENGTH) return { reason: `is longer than ${MAX_CODE_LENGTH} characters` };
  const code = folded.toUpperCase();
  return code === RESERVED ? { reason: `is the reserved word ${RESERVED}` } : { code };
}
