import { Problem } from '../../problems.ts';
import { csvReader, detectDelimiter } from '../codes/csv.ts';
import type { Named } from './members.ts';

const HEAD_LENGTH = 65_536;

/**
 * Whom a body names: a JSON list, or a CSV with a column named `email`; without such a header, the first column.
 * @throws {Problem} invalid-request when it names nobody
 */
export function readMembers(body: string | { userIds?: string[]; emails?: string[] }): Named[] {
  const named = typeof body === 'string' ? readCsv(body) : readLists(body);
  if (named.length === 0)
    throw new Problem('invalid-request', 'Nobody is named: give `userIds`, `emails` or a CSV.');
  return named;
}

function readLists({ userIds = [], emails = [] }: { userIds?: string[]; emails?: string[] }): Named[] {
  return [
    ...userIds.map((userId, index) => ({ line: index + 1, userId })),
    ...emails.map((email, index) => ({ line: index + 1, email })),
  ];
}

function readCsv(text: string): Named[] {
  const content = text.replace(/^\uFEFF/, '');
  const named: Named[] = [];
  let column: number | undefined;
  for (const row of csvReader(detectDelimiter(content.slice(0, HEAD_LENGTH)))(content, true)) {
    if ('fault' in row) {
      named.push({ line: row.line, email: '' });
      continue;
    }
    if (row.cells.every((cell) => cell.trim() === '')) continue;
    if (column === undefined) {
      const header = row.cells.findIndex((cell) => /^e-?mail$/i.test(cell.trim()));
      column = Math.max(0, header);
      if (header >= 0) continue;
    }
    named.push({ line: row.line, email: row.cells[column] ?? '' });
  }
  return named;
}
