/** What keeps an answer small, whatever was sent. */

/** `text` in at most `length` characters; what was cut ends in `…`, never in half a character. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return `${text.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}

/** Largest problem, in bytes. */
export const MAX_PROBLEM_BYTES = 8192;
/** Longest pointer to a field, in characters. */
export const MAX_POINTER_LENGTH = 200;
/** Longest other text. All that a problem with one field error can echo fits, also where JSON writes six bytes for a character. */
const MAX_TEXT_LENGTH = 300;
/** Most entries of a list. */
export const MAX_PROBLEM_ITEMS = 50;

/** A problem as JSON of at most 8 kB: long text is cut, and lists end early. */
export function boundedJson(body: object): string {
  for (let items = MAX_PROBLEM_ITEMS; ; items = Math.floor(items / 2)) {
    const json = JSON.stringify(body, (key, value: unknown) => {
      if (typeof value === 'string') {
        return cut(value, key === 'pointer' ? MAX_POINTER_LENGTH : MAX_TEXT_LENGTH);
      }
      return Array.isArray(value) ? value.slice(0, items) : value;
    });
    if (items === 0 || Buffer.byteLength(json) <= MAX_PROBLEM_BYTES) return json;
  }
}
