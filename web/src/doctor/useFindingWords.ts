import { useI18n } from 'vue-i18n';
import type { Schemas } from '../api/client';
import { useFormats } from '../ui/useFormats';

export type Finding = Schemas['Finding'];

/** What every language must have for each finding: what was found, and what to do. */
export type FindingWords = Record<Finding['reason'], { detail: string; advice: string }>;

/** These name something, and are not counted. */
const NAMES = new Set(['pid', 'status']);

/** A finding in the reader's language. One of a newer API, that is new to us, stays in English. */
export function useFindingWords() {
  const { t, te } = useI18n();
  const { number } = useFormats();

  function textOf({ reason, values, detail, advice }: Finding): { detail: string; advice: string } {
    if (!te(`findings.${reason}.detail`)) return { detail, advice };
    const shown = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        typeof value === 'number' && !NAMES.has(name) ? number(value) : String(value),
      ]),
    );
    if (shown.application === '') shown.application = t('doctor.unnamed');
    const count = Number(values.count ?? values.free ?? 0);
    return {
      detail: t(`findings.${reason}.detail`, shown, count),
      advice: t(`findings.${reason}.advice`, shown),
    };
  }

  return { textOf };
}
