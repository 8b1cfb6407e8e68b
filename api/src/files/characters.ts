/** What shows nothing: format characters (zero-width, directional, soft hyphen, byte order marks), variation selectors, fillers. */
const INVISIBLE = /[\p{Cf}\p{Variation_Selector}\u034f\u115f\u1160\u3164]/gu;
/** Every kind of dash, hyphen and minus. */
const DASHES = /[\p{Pd}\u02d7\u2043\u2212]/gu;
const QUOTES = `"'\u0060\u00b4\u2018-\u201f\u2039\u203a\u00ab\u00bb\u300c-\u300f\u301d-\u301f`;
const AROUND = new RegExp(`^[\\s${QUOTES}]+|[\\s${QUOTES}.,;:!?\u2026\u3001\u3002]+$`, 'gu');
const FORMULA_OF_TEXT = /^=\s*"([^"]*)"$/;

/** Text without what shows nothing. */
export const dropInvisible = (text: string): string => text.replace(INVISIBLE, '');

/**
 * What somebody meant who typed or pasted one code or one word: without invisible characters, without quotes around it and
 * punctuation after it; every dash is `-`, full-width characters are the plain ones. `="0012"` is how spreadsheets are told to keep
 * a text as it is.
 */
export function foldInput(text: string): string {
  const folded = dropInvisible(text.normalize('NFKC')).trim();
  const inner = FORMULA_OF_TEXT.exec(folded)?.[1] ?? folded;
  return inner.replace(AROUND, '').replace(DASHES, '-');
}

/**
 * A column's title as titles are compared: small letters and digits, without accents and without what stands in brackets. Delimiters
 * stay: `code;offer`, cut by the wrong one, is no title.
 */
export function foldTitle(text: string): string {
  return dropInvisible(text.slice(0, 200).normalize('NFKD'))
    .toLowerCase()
    .replace(/\([^)]*\)|\[[^\]]*\]/g, '')
    .replaceAll('ß', 'ss')
    .replace(/[^\p{L}\p{N},;|\t]/gu, '')
    .replace(/^[,;|\t]+|[,;|\t]+$/g, '');
}

/** Some characters in words, for an answer that names what cannot be used. */
export function nameCharacters(characters: Iterable<string>, most = 5): string {
  const names = [...new Set(characters)].map((character) => {
    if (character === ' ' || character === '\u00a0') return 'space';
    if (/[\p{L}\p{N}\p{P}\p{S}]/u.test(character)) return character;
    return `U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`;
  });
  const shown = [...new Set(names)];
  return shown.length > most ? `${shown.slice(0, most).join(' ')} …` : shown.join(' ');
}
