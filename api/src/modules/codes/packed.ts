import { MAX_CODE_LENGTH } from '../coupons/code.ts';
import type { CodeRow } from './read-codes.ts';

/**
 * Codes with commas between them, as the statements that store them take them, in the same memory step after step. As strings, those of
 * a long file would live until their step is stored, and the process would grow by 100 MB.
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
  /** Of each code: where it stands. */
  lines: Int32Array;
  cells: Int16Array;
  /** Rows without a code. */
  unused: Extract<CodeRow, { text: string }>[];
}

/** Collects the rows of a file for one step after the other. */
export function packRows(most: number) {
  const codes = packCodes(most);
  const lines = new Int32Array(most);
  const cells = new Int16Array(most);
  let count = 0;
  let unused: PackedRows['unused'] = [];
  return {
    /** @returns whether there is room for no more */
    add(row: CodeRow): boolean {
      if ('code' in row) {
        codes.add(row.code);
        cells[count] = Math.min(row.cell, 32_767);
        lines[count++] = row.line;
      } else {
        unused.push(row);
      }
      return count + unused.length === most;
    },
    /** What was added since the last time; valid until more is added. */
    take(): PackedRows {
      const taken = {
        count: count + unused.length,
        codes: codes.take(),
        lines: lines.subarray(0, count),
        cells: cells.subarray(0, count),
        unused,
      };
      count = 0;
      unused = [];
      return taken;
    },
  };
}
