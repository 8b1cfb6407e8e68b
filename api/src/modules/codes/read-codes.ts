import { type Layout, shown } from '../../files/describe.ts';
import type { Sought } from '../../files/sought.ts';
import type { Why } from '../../reasons.ts';
import type { TableRow } from '../../files/table.ts';
import { codeTitle, isCodeTitle } from '../../files/titles.ts';
import { canonicalCode } from '../coupons/code.ts';

/** A row with a code, or without and why. `text` is what stands where the code should, cut short; `cell` counts from 1. */
export type CodeRow =
  | { line: number; cell: number; code: string }
  | ({ line: number; cell: number; text: string; skipped: boolean } & Why);

/** What programs and people write where nothing is. */
const PLACEHOLDERS = new Set([
  ...[
    'NULL',
    'NONE',
    'NIL',
    'NAN',
    'UNDEFINED',
    'EMPTY',
    'N-A',
    'N_A',
    'TBD',
    'TODO',
    'LEER',
    'KEINE',
    'KEINER',
  ],
  ...['VACIO', 'NINGUNO', 'VIDE', 'AUCUN', 'VUOTO', 'NESSUNO', 'VAZIO', 'NENHUM'],
]);
const TOTALS = new Set([
  ...['TOTAL', 'TOTALS', 'SUBTOTAL', 'SUM', 'GRANDTOTAL', 'SUMME', 'GESAMT', 'GESAMTSUMME', 'ZWISCHENSUMME'],
  ...['TOTALES', 'SUMA', 'TOTAUX', 'SOMME', 'TOTALE', 'TOTALI', 'SOMMA', 'TOTAIS', 'SOMA'],
]);
const TOTAL_WITH_MORE =
  /^\W*(grand[ -]?total|sub-?total|total|sum|summe|gesamt|suma|somme|totale|somma|soma)\b\s*[^\w-]/i;
const LONGEST_WORD = 13;

/** One cell of a file: stricter than `canonicalCode`, because nobody looks at each. */
function readCodeCell(text: string): { code: string } | Why {
  const result = canonicalCode(text);
  if (!('code' in result)) {
    const isTotal = result.reason === 'not-allowed' && TOTAL_WITH_MORE.test(`${text.trim()} `);
    return isTotal ? { reason: 'total' } : result;
  }
  const { code } = result;
  const first = code.charCodeAt(0);
  const beginsWithDash = first === 0x2d || first === 0x5f;
  if (code.length > LONGEST_WORD && !beginsWithDash) return result;
  if (PLACEHOLDERS.has(code) || (beginsWithDash && !/[A-Z0-9]/.test(code))) return { reason: 'placeholder' };
  return TOTALS.has(code) ? { reason: 'total' } : result;
}

/** Years, months and days are written like codes. */
const DATE = /^(\d{4}-\d{1,2}-\d{1,2}|\d{1,2}-\d{1,2}-\d{4})$/;

function fits(cell: string): boolean | undefined {
  const text = cell.trim();
  if (text === '') return undefined;
  const result = readCodeCell(text);
  if ('code' in result) return !DATE.test(result.code);
  return result.reason === 'placeholder' || result.reason === 'total' ? undefined : false;
}

const groupsOf = (code: string) => code.replace(/[A-Z]+/g, 'A').replace(/\d+/g, '9');
const lengthsOf = (code: string) => code.replace(/[A-Z0-9]/g, 'x');
/** Shortest words or numbers that can be a list of codes; below, they are names and amounts. */
const MIN_PLAIN_LENGTH = 8;

/** How a code of a list looks: the same groups of letters, digits and dashes (`A-A-9`), or groups of the same lengths (`xxxx-xxxx`). */
const looks = [groupsOf, lengthsOf] as const;

function lookOf(cells: readonly string[]): string | null {
  const codes: string[] = [];
  for (const cell of cells) {
    const result = readCodeCell(cell);
    if (!('code' in result) || DATE.test(result.code)) return null;
    codes.push(result.code);
  }
  if (codes.length < 2) return null;
  const areMixed = codes.every((code) => /\d/.test(code) && /[A-Z_-]/.test(code));
  if (
    !areMixed &&
    (codes.some((code) => code.length < MIN_PLAIN_LENGTH) || new Set(codes).size < codes.length)
  )
    return null;
  const shared = (areMixed ? looks : [lengthsOf]).find((look) =>
    codes.every((code) => look(code) === look(codes[0]!)),
  );
  return shared ? shared(codes[0]!) : null;
}

/** What a file of codes is read for. */
export const soughtCodes: Sought = { what: 'codes', titleScore: codeTitle, fits, lookOf };

/** The codes of a file's rows. */
export function* readCodes(rows: Iterable<TableRow>, layout: Layout, header: string): Generator<CodeRow> {
  const { column, look } = layout;
  const place = typeof column === 'number' ? column : null;
  for (const row of rows) {
    const { line } = row;
    if ('fault' in row) yield bad(line, 1, '', row.fault);
    else if ('skipped' in row) yield bad(line, 1, row.cells.join(' '), { reason: row.skipped }, true);
    else if (place !== null) yield toRow(line, place + 1, row.cells[place] ?? '', header);
    else {
      for (const [index, cell] of row.cells.entries()) {
        if (cell.trim() === '') continue;
        const one = toRow(line, index + 1, cell, header);
        const isAlike = !('code' in one) || looks.some((lookOfOne) => lookOfOne(one.code) === look);
        yield isAlike ? one : bad(line, index + 1, cell, { reason: 'unlike-others' });
      }
    }
  }
}

function toRow(line: number, cell: number, text: string, header: string): CodeRow {
  const result = readCodeCell(text);
  if (!('code' in result)) return bad(line, cell, text, result);
  // Files that were joined have titles in the middle, perhaps in another language.
  if (result.code.length <= 24 && header !== 'absent' && isTitle(result.code))
    return bad(line, cell, text, { reason: 'title' });
  return { line, cell, code: result.code };
}

/** Most codes have digits, and need no look. */
const isTitle = (code: string) => !/\d/.test(code) && isCodeTitle(code);

const bad = (line: number, cell: number, text: string, why: Why, skipped = false): CodeRow => ({
  line,
  cell,
  text: shown(text),
  skipped,
  ...why,
});
