import { useI18n } from 'vue-i18n';
import type { ApiProblem, FieldError } from '../api/problem';

/** What the API's validator says of a field (ajv), and our words for it. */
const FIELD_WORDS: [RegExp, string][] = [
  [/must have required property|is (needed|required)/, 'required'],
  [/must NOT have fewer than (?<limit>\d+) characters/, 'tooShort'],
  [/must NOT have more than (?<limit>\d+) characters/, 'tooLong'],
  [/must be >=? (?<limit>-?[\d.]+)/, 'tooSmall'],
  [/must be <=? (?<limit>-?[\d.]+)/, 'tooLarge'],
  [/is too large/, 'tooMuch'],
  [/must match (pattern|format)/, 'format'],
];

/** The one mapper from problems of the API to words in the reader's language. */
export function useProblemText() {
  const { t, te } = useI18n();

  function problemText(problem: ApiProblem): { title: string; description: string } {
    const code = te(`problems.${problem.code}.title`) ? problem.code : 'internal-error';
    const description = [t(`problems.${code}.text`)];
    if (problem.retryAfter !== null) description.push(t('problems.retryIn', { seconds: problem.retryAfter }));
    if (problem.status >= 500 && problem.requestId !== null)
      description.push(t('problems.requestId', { id: problem.requestId }));
    return { title: t(`problems.${code}.title`), description: description.join(' ') };
  }

  /** What is wrong with one field of the body; undefined when nothing is. */
  function fieldText(problem: ApiProblem | null, field: string): string | undefined {
    const error = problem?.errors.find(
      ({ pointer }) => pointer === `/${field}` || pointer.startsWith(`/${field}/`),
    );
    return error && words(error);
  }

  function words({ detail }: FieldError): string {
    for (const [pattern, key] of FIELD_WORDS) {
      const match = pattern.exec(detail);
      if (match) return t(`problems.fields.${key}`, match.groups ?? {});
    }
    return t('problems.fields.other', { detail });
  }

  return { problemText, fieldText };
}
