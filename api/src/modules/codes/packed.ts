import { MAX_CODE_LENGTH } from './code.ts';
import type { CodeRow } from './read-codes.ts';

/**
 * Codes with commas between them, as the statements that store them take them, in the same memory step after step. As strings they
 * live until their step is stored: those of a long file went to the old generation before they died, and the process grew by 100 MB.
 */
export function packCodes(most: number) {
  const bytes = Buffer.alloc(most * (MAX_CODE_LENGTH + 1));
  let length = 0;
  return {
    add(code: string): void {
      if (length > 0) bytes[length++] = COMMA;
      length += bytes.write(code, length, 'latin1');
    },
    /** What was added since the last time; valid until more is added. */
    take(): Buffer {
      const codes = bytes.subarray(0, length);
      length = 0;
      return codes;
    },
  };
}

const COMMA = ','.charCodeAt(0);

/** Some rows of a file, as a step stores them. */
export interface PackedRows {
  count: number;
  codes: Buffer;
  /** Of each code. */
  lines: Int32Array;
  invalid: { line: number; value: string; reason: string }[];
}

/** Collects the rows of a file for one step after the other. */
export function packRows(most: number) {
  const codes = packCodes(most);
  const lines = new Int32Array(most);
  let count = 0;
  let invalid: PackedRows['invalid'] = [];
  return {
    /** @returns whether there is room for no more */
    add(row: CodeRow): boolean {
      if ('code' in row) {
        codes.add(row.code);
        lines[count++] = row.line;
      } else {
        invalid.push({ line: row.line, value: row.text, reason: row.reason });
      }
      return count + invalid.length === most;
    },
    /** What was added since the last time; valid until more is added. */
    take(): PackedRows {
      const taken = {
        count: count + invalid.length,
        codes: codes.take(),
        lines: lines.subarray(0, count),
        invalid,
      };
      count = 0;
      invalid = [];
      return taken;
    },
  };
}
