import { useI18n } from 'vue-i18n';
import type { ApiProblem } from '../api/problem';
import { useFormats } from './useFormats';

/** Why, as the API says it; `detail` is its English. */
type Explanation = Pick<ApiProblem, 'reason' | 'values' | 'detail'>;

/** The one mapper from problems and reasons of the API to words in the reader's language. */
export function useProblemText() {
  const { t, te } = useI18n();
  const { number } = useFormats();

  /** Why, in words that stand alone. A reason of a newer API, that is new to us, stays in English. */
  function reasonText({ reason, values, detail }: Explanation): string {
    if (!te(`reasons.${reason}`)) return detail;
    const shown = Object.entries(values).map(
      ([name, value]) => [name, typeof value === 'number' ? number(value) : value] as const,
    );
    const { row, ...named } = Object.fromEntries(shown);
    const text = t(`reasons.${reason}`, named);
    return row === undefined ? text : t('problems.nothingStored', { line: row, reason: text });
  }

  function problemText(problem: ApiProblem): { title: string; description: string } {
    const code = te(`problems.titles.${problem.code}`) ? problem.code : 'internal-error';
    // Pages for everybody have words for the reasons that they can meet; for others, those of the code.
    const why = te(`reasons.${problem.reason}`) ? reasonText(problem) : t(`reasons.${code}`);
    const isMarked = problem.errors.some(({ in: part, pointer }) => part === 'body' && pointer !== '');
    const description = [isMarked ? t('problems.checkFields') : why];
    if (problem.retryAfter !== null) description.push(t('problems.retryIn', { seconds: problem.retryAfter }));
    if (problem.status >= 500 && problem.requestId !== null)
      description.push(t('problems.requestId', { id: problem.requestId }));
    return { title: t(`problems.titles.${code}`), description: description.join(' ') };
  }

  /** What is wrong with one field of the body; undefined when nothing is. */
  function fieldText(problem: ApiProblem | null, field: string): string | undefined {
    const error = problem?.errors.find(
      ({ pointer }) => pointer === `/${field}` || pointer.startsWith(`/${field}/`),
    );
    return error && reasonText(error);
  }

  return { problemText, fieldText, reasonText };
}
