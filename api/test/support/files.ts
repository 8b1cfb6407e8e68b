import { readFileSync } from 'node:fs';
import { describeLayout, type ReadAs } from '../../src/files/describe.ts';
import { type ReadOptions, readFile } from '../../src/files/table.ts';
import { type CodeRow, readCodes, soughtCodes } from '../../src/modules/codes/read-codes.ts';

/** A file that somebody really had, or would have. */
export const fixture = (name: string): Buffer =>
  readFileSync(new URL(`../fixtures/files/${name}.csv`, import.meta.url));

/** The codes of a file that comes in pieces of this size. */
export function codesOf(
  file: string | Buffer,
  options: Partial<ReadOptions> = {},
  pieceBytes = 7,
): Promise<{ file: ReadAs; rows: CodeRow[]; codes: string[] }> {
  const bytes = Buffer.from(file);
  async function* source() {
    for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
  }
  const all: ReadOptions = { header: 'auto', encoding: 'auto', ...options };
  return readFile(source, soughtCodes, all, async ({ layout }, parts) => {
    const rows: CodeRow[] = [];
    for await (const some of parts) rows.push(...readCodes(some, layout, all.header));
    const codes = rows.flatMap((row) => ('code' in row ? [row.code] : []));
    return { file: describeLayout(layout), rows, codes };
  });
}
