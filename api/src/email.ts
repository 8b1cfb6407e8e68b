import { domainToASCII } from 'node:url';
import { fieldProblem } from './problems.ts';
import type { Why } from './reasons.ts';

const MAX_LENGTH = 254;
const LOCAL_PART = /^(?!\.)(?!.*\.\.)[^\s@"(),:;<>[\]\\]{1,64}(?<!\.)$/u;
/** Labels of letters, digits and hyphens, in any script: what domainToASCII is given, which cuts at a "/". */
const DOMAIN =
  /^[\p{L}\p{M}\p{N}]([\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?(\.[\p{L}\p{M}\p{N}]([\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?)*$/u;
/** What DNS can hold. */
const LENGTHS = /^(?=.{1,253}$)[^.]{1,63}(\.[^.]{1,63})*$/;
/** Controls, format characters such as a zero-width space, and whatever else shows nothing. */
const INVISIBLE = /[\p{C}\p{Default_Ignorable_Code_Point}]/u;
const ASCII = /^[\x20-\x7e]*$/;

/**
 * Reads an e-mail into the one form in which it is kept and compared: NFKC, lower case, the domain in ASCII (IDNA). Two spellings
 * of one address are one account. A domain of one label (`admin@localhost`) is fine: whether a mailbox exists only a mail tells.
 */
export function readEmail(text: string): { email: string } | Why {
  // Nothing as long as that becomes short enough, and it is not worth the work.
  if (text.length > 4 * MAX_LENGTH) return { reason: 'not-an-email' };
  const trimmed = text.trim();
  const invisible = INVISIBLE.exec(trimmed)?.[0];
  if (invisible !== undefined)
    return { reason: 'invisible-character', values: { character: nameOf(invisible) } };
  const folded = fold(trimmed);
  const at = folded.lastIndexOf('@');
  const local = folded.slice(0, at);
  const domain = toAscii(folded.slice(at + 1));
  const email = `${local}@${domain}`;
  const fits = at > 0 && [...email].length <= MAX_LENGTH && LOCAL_PART.test(local) && LENGTHS.test(domain);
  return fits ? { email } : { reason: 'not-an-email' };
}

/** The canonical form, or null when the text cannot be an e-mail. */
export function parseEmail(text: string): string | null {
  const read = readEmail(text);
  return 'email' in read ? read.email : null;
}

/** @throws {Problem} invalid-request when the text cannot be an e-mail */
export function requireEmail(text: string): string {
  const read = readEmail(text);
  if ('email' in read) return read.email;
  throw fieldProblem({ in: 'body', pointer: '/email' }, read);
}

/**
 * As which an e-mail is looked up: its canonical form, and before that the spelling itself, which an account that clashes with
 * another has kept (`users.email_clash`).
 */
export function emailSpellings(text: string): { canonical: string; kept: string } {
  const kept = text.normalize('NFC').trim().toLowerCase();
  return { canonical: parseEmail(text) ?? kept, kept };
}

/** The beginning of an e-mail, to find those that begin so. Of a domain beyond ASCII only the whole is found. */
export function foldEmailPrefix(text: string): string {
  const folded = fold(text.trim());
  const at = folded.lastIndexOf('@');
  const domain = folded.slice(at + 1);
  return at < 0 || ASCII.test(domain) ? folded : `${folded.slice(0, at)}@${toAscii(domain) || domain}`;
}

// Once more at the end: lower case of "İ" is two characters.
const fold = (text: string) => text.normalize('NFKC').toLowerCase().normalize('NFKC');

/** Of what is no domain, the empty string. Only what is beyond ASCII is converted: of "1.2" would become an address of IPv4. */
function toAscii(text: string): string {
  const domain = text.replaceAll('。', '.');
  if (!DOMAIN.test(domain)) return '';
  return ASCII.test(domain) ? domain : domainToASCII(domain);
}

const nameOf = (character: string) =>
  `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
