import { useI18n } from 'vue-i18n';
import type { Reason } from '../api/client';
import { ApiProblem } from '../api/problem';
import { type ReadAs, useFileWords } from '../files/useFileWords';
import { useFormats } from '../ui/useFormats';
import type { Job } from './useJob';
import { useProblemText } from '../ui/useProblemText';

/** How many people or coupons were left out, by reason. */
type LeftOut = Partial<Record<Reason, number>>;

/** What each kind of job answers when it has ended (see `Job.result` in the API). */
interface Results {
  import: { rows: number; stored: number; duplicates: number; invalid: number; skipped?: number };
  generate: { stored: number };
  distribute: {
    assigned: number;
    served: number;
    missing: number;
    drewNone: number;
    reasons: LeftOut;
  };
  undo: {
    /** Of a distribution. */
    unassigned?: number;
    /** Of an upload or a generation. */
    removed?: number;
    reasons: LeftOut;
    /** What it did not come to, because it was cancelled. */
    left?: number;
  };
}

/** Jobs in words of the reader's language. */
export function useJobWords() {
  const { t } = useI18n();
  const { number } = useFormats();
  const { problemText } = useProblemText();
  const { readAsText } = useFileWords();

  const counted = (key: string, n: number) => t(`jobs.result.${key}`, { n: number(n) }, n);
  const unlessNone = (key: string, n: number) => (n > 0 ? [counted(key, n)] : []);

  const leftOut = (reasons: LeftOut) =>
    Object.entries(reasons).flatMap(([reason, n]) => unlessNone(`leftOut.${reason}`, n));

  /** What came of a job that has ended: first what it did, then what it did not. */
  function resultText(job: Job): string[] {
    if (job.result === null) return [];
    switch (job.kind) {
      case 'import': {
        const { rows, stored, duplicates, invalid, skipped = 0 } = job.result as unknown as Results['import'];
        return [
          `${counted('stored', stored)} ${counted('rows', rows)}`,
          ...unlessNone('duplicates', duplicates),
          ...unlessNone('invalid', invalid),
          ...unlessNone('skipped', skipped),
          ...readAsText(job.result as unknown as Partial<ReadAs>),
        ];
      }
      case 'generate':
        return [counted('generated', (job.result as unknown as Results['generate']).stored)];
      case 'distribute': {
        const result = job.result as unknown as Results['distribute'];
        return [
          `${counted('assigned', result.assigned)} ${counted('served', result.served)}`,
          ...unlessNone('missing', result.missing),
          ...unlessNone('drewNone', result.drewNone),
          ...leftOut(result.reasons),
        ];
      }
      case 'undo': {
        const { unassigned = 0, removed, reasons, left = 0 } = job.result as unknown as Results['undo'];
        return [
          removed === undefined ? counted('unassigned', unassigned) : counted('removed', removed),
          ...leftOut(reasons),
          ...unlessNone('left', left),
        ];
      }
    }
  }

  /** Why a job failed. */
  const failureText = (failure: NonNullable<Job['failure']>) =>
    problemText(new ApiProblem({ ...failure, status: 0 }));

  return { resultText, failureText };
}
