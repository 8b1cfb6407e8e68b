import type { Static } from 'typebox';
import type { Problem } from '../problems.ts';
import { describeLayout, type Found, type Layout } from './describe.ts';
import { explain, type Why } from '../reasons.ts';
import type { filePreview } from './schemas.ts';

/** What reading a file would bring. */
export type FilePreview = Static<typeof filePreview>;

/** Most rows that a preview lists; all are counted. */
const MAX_LISTED = 100;

/** Counts the rows of a file, and lists the first of those that hold nothing. */
export function previewRows() {
  const counts = { rows: 0, good: 0, repeated: 0, existing: 0, invalid: 0, skipped: 0 };
  const errors: FilePreview['errors'] = [];
  return {
    counts,
    addUnused({ line, ...why }: Why & { line: number }, value: string, isSkipped: boolean): void {
      counts.rows += 1;
      if (isSkipped) counts.skipped += 1;
      else counts.invalid += 1;
      if (errors.length < MAX_LISTED) errors.push({ line, value, ...explain(why) });
    },
    add(kind: 'good' | 'repeated'): void {
      counts.rows += 1;
      counts[kind] += 1;
    },
    /** With what was looked up since: so many of the good ones exist. */
    present(layout: Layout, found: Found, existing = 0): FilePreview {
      const { columns, rows } = found;
      counts.existing = existing;
      counts.good -= existing;
      return { file: describeLayout(layout), columns, firstRows: rows, refusal: null, counts, errors };
    },
  };
}

/**
 * A file that is not clear is shown all the same, so that somebody can say how to read it.
 * @throws {Problem} the same, when there is nothing to show
 */
export function previewRefusal(problem: Problem): FilePreview {
  const { found } = problem.extras as { found?: Found };
  if (!found) throw problem;
  const { encoding, delimiter, columns, rows } = found;
  return {
    file: { encoding, delimiter, header: null, headerLine: null, column: null },
    columns,
    firstRows: rows,
    refusal: explain(problem),
    counts: null,
    errors: [],
  };
}
