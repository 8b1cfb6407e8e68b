import { allowBulkWork } from '../../database/bulk.ts';
import type { Database } from '../../database/connection.ts';
import { inTransaction } from '../../database/transaction.ts';
import { type FilePreview, previewRefusal, previewRows } from '../../files/preview.ts';
import { readFile } from '../../files/table.ts';
import { Problem } from '../../problems.ts';
import { packCodes } from './packed.ts';
import { countExistingCodes } from './queries.ts';
import { readCodes, soughtCodes } from './read-codes.ts';
import type { LayoutQuery } from './schemas.ts';
import { createSeenSet } from './seen-set.ts';
import { readUpload, type Upload } from './uploads.ts';

/** Codes that are looked up at a time. */
const STEP_CODES = 10_000;
/** Codes that are compared with each other: 32 MB. */
const MAX_COMPARED = 2 ** 21;
const LEAST_BYTES_OF_CODE = 4;

/**
 * What an upload would do: how the file is read, its first rows, and how many of its codes are new. Stores nothing.
 * @param goOn throws when nobody waits for the answer any more
 * @throws {Problem} unsupported-media-type for what is no text, invalid-request for a file without rows
 */
export async function previewUpload(
  db: Database,
  upload: Upload,
  options: LayoutQuery,
  goOn: () => void,
): Promise<FilePreview> {
  const source = () => readUpload(db, upload.id);
  try {
    return await readFile(source, soughtCodes, options, async ({ layout, found }, parts) => {
      const rows = previewRows();
      const seen = createSeenSet(Math.min(MAX_COMPARED, Math.ceil(upload.bytes / LEAST_BYTES_OF_CODE)));
      const packed = packCodes(STEP_CODES);
      let waiting = 0;
      let existing = 0;
      const lookUp = async () => {
        const codes = packed.take();
        existing += await inTransaction(db, async (trx) => {
          await allowBulkWork(trx, { inRequest: true });
          return countExistingCodes(trx, codes);
        });
        waiting = 0;
      };
      for await (const part of parts) {
        goOn();
        for (const row of readCodes(part, layout, options.header)) {
          if (!('code' in row)) rows.addUnused(row, row.text, row.skipped);
          else if (!seen.add(row.code)) rows.add('repeated');
          else {
            rows.add('good');
            packed.add(row.code);
            waiting += 1;
            if (waiting === STEP_CODES) await lookUp();
          }
        }
      }
      if (waiting > 0) await lookUp();
      return rows.present(layout, found, existing);
    });
  } catch (error) {
    if (error instanceof Problem) return previewRefusal(error);
    throw error;
  }
}
