import { cleanEmail, areAddressLists, readAddresses, unquote } from '../../files/addresses.ts';
import { dropInvisible } from '../../files/characters.ts';
import { type Found, type Layout, shown } from '../../files/describe.ts';
import type { Sought } from '../../files/sought.ts';
import { type FilePreview, previewRefusal, previewRows } from '../../files/preview.ts';
import { refuseFile } from '../../files/refuse.ts';
import { type ReadOptions, readFile, type TableRow } from '../../files/table.ts';
import { emailTitle, findNameColumns } from '../../files/titles.ts';
import { Problem } from '../../problems.ts';
import { readEmail } from '../../email.ts';
import { nameOf, type NamedRows } from './members.ts';

export interface PeopleFile extends NamedRows {
  layout: Layout;
  found: Found;
}

const MAX_NAME_LENGTH = 200;

/** Whom a JSON body names. */
export function readLists({
  userIds = [],
  externalUserIds = [],
  emails = [],
}: {
  userIds?: string[];
  externalUserIds?: string[];
  emails?: string[];
}): NamedRows {
  const rows: NamedRows = { named: [], refused: [], skipped: [] };
  for (const [index, userId] of userIds.entries()) rows.named.push({ line: index + 1, userId });
  for (const [index, externalUserId] of externalUserIds.entries())
    rows.named.push({ line: index + 1, externalUserId });
  for (const [index, text] of emails.entries()) {
    const line = index + 1;
    const read = readEmail(text);
    if ('email' in read) rows.named.push({ line, email: read.email });
    else rows.refused.push({ line, value: text.slice(0, 254), ...read });
  }
  if (userIds.length + externalUserIds.length + emails.length === 0) {
    throw new Problem('invalid-request', 'nobody-named');
  }
  return rows;
}

const fits = (cell: string): boolean | undefined =>
  cell.trim() === '' ? undefined : readAddresses(cell).every(({ email }) => 'email' in readEmail(email));

/** What a file of people is read for. */
const soughtPeople: Sought = {
  what: 'e-mails',
  titleScore: emailTitle,
  fits,
  lookOf: (cells) => (cells.length > 1 && cells.every((cell) => fits(cell) === true) ? 'e-mail' : null),
  isListOfLines: areAddressLists,
};

/**
 * The people of a file: e-mails with names where there are some. Each row is a person or a reason; one cell can name several.
 * @throws {Problem} unsupported-media-type for what is no text; invalid-request when it names nobody or is not clear
 */
export function readPeople(bytes: Buffer, options: ReadOptions): Promise<PeopleFile> {
  async function* source() {
    yield bytes;
  }
  return readFile(source, soughtPeople, options, async ({ layout, found }, parts) => {
    const file: PeopleFile = { layout, found, named: [], refused: [], skipped: [] };
    const nameColumns = layout.header ? findNameColumns(layout.header) : [];
    for await (const rows of parts) for (const row of rows) readRow(row, nameColumns, file);
    if (file.named.length + file.refused.length === 0) refuseFile('invalid-request', { reason: 'no-rows' });
    return file;
  });
}

function readRow(row: TableRow, nameColumns: readonly number[], file: PeopleFile): void {
  const { line } = row;
  const { column } = file.layout;
  if ('fault' in row) file.refused.push({ line, value: '', ...row.fault });
  else if ('skipped' in row) {
    file.skipped.push({ line, value: shown(row.cells.join(' ')), reason: row.skipped });
  } else {
    const isTable = typeof column === 'number';
    const name = isTable ? readName(row.cells, nameColumns) : null;
    const cells = isTable ? [row.cells[column] ?? ''] : row.cells.filter((cell) => cell.trim() !== '');
    for (const cell of cells) {
      const addresses = readAddresses(dropInvisible(cell));
      if (addresses.length === 0) file.refused.push({ line, value: '', reason: 'empty' });
      for (const address of addresses) {
        const read = readEmail(cleanEmail(address.email));
        if ('email' in read)
          file.named.push({ line, email: read.email, name: name ?? toName(address.name ?? '') });
        else file.refused.push({ line, value: shown(address.email), ...read });
      }
    }
  }
}

/** `Ann` and `Doe` in two columns, or `Doe, Ann` in one: as people say it. */
const readName = (cells: readonly string[], columns: readonly number[]) =>
  toName(columns.map((column) => (cells[column] ?? '').trim()).join(' '));

function toName(text: string): string | null {
  // `'=…` is how exports keep a spreadsheet from running it.
  const name = unquote(dropInvisible(text).replace(/^'(?=[=+@-])/, '')).replace(/\s+/g, ' ');
  return name.slice(0, MAX_NAME_LENGTH).toWellFormed() || null;
}

/** What adding the people of a file would do; nothing is stored. @throws {Problem} as `readPeople`, unless there is something to show */
export async function previewPeople(bytes: Buffer, options: ReadOptions): Promise<FilePreview> {
  try {
    const { layout, found, named, refused, skipped } = await readPeople(bytes, options);
    const rows = previewRows();
    const seen = new Set<string>();
    const unused = [...refused, ...skipped].sort((a, b) => a.line - b.line);
    const isSkipped = new Set(skipped);
    for (const row of unused) rows.addUnused(row, row.value, isSkipped.has(row));
    for (const one of named) {
      const key = nameOf(one);
      rows.add(seen.has(key) ? 'repeated' : 'good');
      seen.add(key);
    }
    return rows.present(layout, found);
  } catch (error) {
    if (error instanceof Problem) return previewRefusal(error);
    throw error;
  }
}
