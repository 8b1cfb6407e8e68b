/** Somebody as mail programs write it: `"Doe, Ann" <ann@example.org>`, or the e-mail alone. */
export interface Address {
  email: string;
  name: string | null;
}

/** Longest line that is taken apart. */
const MAX_LENGTH = 65_536;

/**
 * The addresses of a line, as mail programs copy them: with `;` between them, or with commas, which also stand in names. A part without
 * an e-mail belongs to the name of the next one; at the end it is an address without an e-mail. Spaces stand between e-mails, or
 * between a name and its e-mail.
 */
export function readAddresses(line: string): Address[] {
  const text = line.slice(0, MAX_LENGTH);
  const parts =
    split(text, ';').length > 1 ? split(text, ';') : split(text, ',').flatMap((part) => split(part, '\t'));
  const addresses: Address[] = [];
  let before = '';
  for (const part of parts) {
    const whole = before === '' ? part : `${before}, ${part.trim()}`;
    if (part.trim() === '') continue;
    if (!part.includes('@')) {
      before = whole;
      continue;
    }
    const bracketed = /^([^<]*)<([^<>]*)>[\s.,;]*$/.exec(whole);
    if (bracketed) addresses.push({ email: bracketed[2]!.trim(), name: unquote(bracketed[1]!) || null });
    else {
      if (before !== '') addresses.push({ email: before.trim(), name: null });
      addresses.push(...readWords(part));
    }
    before = '';
  }
  if (before !== '') addresses.push({ email: before.trim(), name: null });
  return addresses;
}

function readWords(part: string): Address[] {
  const words = part.trim().split(/\s+/);
  const isEmail = (word: string) => word.includes('@');
  if (words.every(isEmail)) return words.map((word) => ({ email: cleanEmail(word), name: null }));
  const [last] = words.splice(-1);
  return isEmail(last!) && !words.some(isEmail)
    ? [{ email: cleanEmail(last!), name: unquote(words.join(' ')) || null }]
    : [{ email: cleanEmail(part), name: null }];
}

/**
 * Whether lines hold addresses and not a table: an e-mail in angle brackets, or several on a line with nothing between but delimiters.
 * The first line of a list has an e-mail; of the others most have one.
 */
export function areAddressLists(lines: readonly string[]): boolean {
  const some = lines.slice(0, 200);
  return (
    some.some((line) => /<[^<>@]+@[^<>]+>/.test(line) || (line.match(/@/g)?.length ?? 0) > 1) &&
    hasEmail(some[0]!) &&
    some.filter(hasEmail).length > some.length / 2
  );
}

const hasEmail = (line: string) => readAddresses(line).some(({ email }) => email.includes('@'));

/** An e-mail without quotes around it and punctuation after it. `'+ann@…` is how exports keep a spreadsheet from running it. */
export function cleanEmail(text: string): string {
  return text
    .trim()
    .replace(/^["“”„«»‘’<\s]+|["“”„«»‘’>\s.,;]+$/g, '')
    .replace(/^'(?=[=+@-])/, '')
    .replace(/^'(.*)'$/, '$1')
    .replace(/^mailto:/i, '');
}

export const unquote = (text: string): string =>
  text
    .trim()
    .replace(/^(["'“„«])(.*)(["'”“»])$/s, '$2')
    .replaceAll(/\\(["\\])|""/g, (pair, escaped?: string) => escaped ?? '"')
    .trim();

/** Cuts at a character that stands neither in quotes nor in angle brackets. */
function split(text: string, by: string): string[] {
  const parts: string[] = [];
  let start = 0;
  let quoted = false;
  let bracketed = false;
  for (let i = 0; i < text.length; i += 1) {
    const character = text[i]!;
    if (character === '\\' && quoted) i += 1;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && character === '<') bracketed = true;
    else if (!quoted && character === '>') bracketed = false;
    else if (character === by && !quoted && !bracketed) {
      parts.push(text.slice(start, i));
      start = i + 1;
    }
  }
  // A quote that is never closed is a character like others.
  if (quoted) return text.split(by);
  parts.push(text.slice(start));
  return parts;
}
