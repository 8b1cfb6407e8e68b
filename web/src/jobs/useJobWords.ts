import { useI18n } from 'vue-i18n';
import { ApiProblem } from '../api/problem';
import { type ReadAs, useFileWords } from '../files/useFileWords';
import { useFormats } from '../ui/useFormats';
import type { Job } from './useJob';
import { useProblemText } from '../ui/useProblemText';

/** Why a person or a coupon was left out, as the API says it for jobs that give no codes of reasons, and our words for it. */
const REASONS: [RegExp, string][] = [
  [/^the account is disabled$/, 'disabled'],
  [/^the limit of the book is reached$/, 'limitReached'],
  [/^no coupon was left$/, 'outOfStock'],
  [/^is locked$/, 'locked'],
  [/^has been redeemed$/, 'redeemed'],
  [/^was taken back before$/, 'givenBack'],
  [/^has an owner$/, 'owned'],
  [/^was given away once, and taken back$/, 'givenOnce'],
  [/^was taken back before, and assigned anew$/, 'reassigned'],
];

/** What each kind of job answers when it has ended (see `Job.result` in the API). */
interface Results {
  import: { rows: number; stored: number; duplicates: number; invalid: number; skipped?: number };
  generate: { stored: number };
  distribute: {
    assigned: number;
    served: number;
    missing: number;
    drewNone: number;
    reasons: { disabled: number; limitReached: number; outOfStock: number };
  };
  undo: {
    /** Of a distribution. */
    unassigned?: number;
    /** Of an upload or a generation. */
    removed?: number;
    reasons: { assigned?: number; locked: number; redeemed: number; givenBack: number; reassigned?: number };
    /** What it did not come to, because it was cancelled. */
    left?: number;
  };
}

/** Jobs in words of the reader's language. */
export function useJobWords() {
  const { t } = useI18n();
  const { number } = useFormats();
  const { problemText } = useProblemText();
  const { rowText, readAsText } = useFileWords();

  /** Ends a sentence that names the row. A reason that is new to us stays as the API wrote it. */
  function reasonText(reason: string): string {
    for (const [pattern, key] of REASONS) {
      const match = pattern.exec(reason);
      if (match) return t(`jobs.reasons.${key}`, match.groups ?? {});
    }
    return rowText({ reason });
  }

  const counted = (key: string, n: number) => t(`jobs.result.${key}`, { n: number(n) }, n);
  const unlessNone = (key: string, n: number) => (n > 0 ? [counted(key, n)] : []);

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
          ...unlessNone('limitReached', result.reasons.limitReached),
          ...unlessNone('disabled', result.reasons.disabled),
          ...unlessNone('outOfStock', result.reasons.outOfStock),
        ];
      }
      case 'undo': {
        const { unassigned = 0, removed, reasons, left = 0 } = job.result as unknown as Results['undo'];
        return [
          removed === undefined ? counted('unassigned', unassigned) : counted('removed', removed),
          ...unlessNone('keptAssigned', reasons.assigned ?? 0),
          ...unlessNone('keptLocked', reasons.locked),
          ...unlessNone('keptRedeemed', reasons.redeemed),
          ...unlessNone(removed === undefined ? 'keptGivenBack' : 'keptGivenOnce', reasons.givenBack),
          ...unlessNone('keptReassigned', reasons.reassigned ?? 0),
          ...unlessNone('left', left),
        ];
      }
    }
  }

  /** Why a job failed; the numbers of a shortage and the line of a file are in the API's sentence alone. */
  function failureText({ code, detail, reason, values }: NonNullable<Job['failure']>): {
    title: string;
    description: string;
  } {
    const words = problemText(new ApiProblem({ code, status: 0 }));
    if (reason !== undefined && values?.row !== undefined) {
      const why = rowText({ reason, values, detail });
      return { ...words, description: t('jobs.failures.line', { line: number(+values.row), reason: why }) };
    }
    const [needed, other] = (detail.match(/\d+/g) ?? []).map(Number);
    if (needed === undefined || other === undefined) return words;
    const asked = t('distribute.needed', { n: number(needed) }, needed);
    if (code === 'book-exhausted') {
      const stock = t('distribute.stock', { n: number(other) }, other);
      return { ...words, description: t('jobs.failures.bookExhausted', { needed: asked, stock }) };
    }
    if (code === 'assignment-limit-reached') {
      const possible = number(other);
      return { ...words, description: t('distribute.shortOfRoom', { needed: asked, possible }) };
    }
    return words;
  }

  return { reasonText, resultText, failureText };
}
