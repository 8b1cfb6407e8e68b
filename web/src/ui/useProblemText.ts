import { useI18n } from 'vue-i18n';
import type { ApiProblem } from '../api/problem';
import { useFileWords } from '../files/useFileWords';

/** What the API says of a field, and our words for it: the first that fits. */
const FIELD_WORDS: [RegExp, string][] = [
  [/must have required property|is (needed|required)|must match pattern "\\S"/, 'required'],
  [/must NOT have fewer than (?<limit>\d+) characters/, 'tooShort'],
  [/must NOT have more than (?<limit>\d+) characters/, 'tooLong'],
  [/must be >=? (?<limit>-?[\d.]+)/, 'tooSmall'],
  [/must be <=? (?<limit>-?[\d.]+)/, 'tooLarge'],
  [/is too large/, 'tooMuch'],
  [/must be integer/, 'whole'],
  [/is taken/, 'taken'],
  [/invisible character \((?<character>U\+[\dA-F]+)\)/, 'invisible'],
  [/e-mail address/, 'email'],
  [/must not be the e-mail/, 'likeEmail'],
  [/first that others would guess/, 'guessable'],
  [/must be after startsAt/, 'afterStart'],
  [/must be before expiresAt/, 'beforeEnd'],
  [/years (?<first>\d+) to (?<last>\d+)/, 'years'],
  [/must be a (time|day)|must have (seconds|an offset)/, 'time'],
  [/codes of (?<least>\d+) to (?<most>\d+) characters, not (?<actual>\d+)/, 'codeLength'],
  [/at least one #/, 'random'],
  [/can have A-Z, 0-9, -, _ and #/, 'patternCharacters'],
  [/can have A-Z, 0-9, - and _/, 'codeCharacters'],
  [/at least two different characters/, 'charset'],
  [/must not contain NUL|well-formed Unicode|accents on one letter/, 'characters'],
  [/nested deeper than (?<limit>\d+)/, 'tooDeep'],
  [/must match (pattern|format)/, 'format'],
];

/** Which words (`problems.fields.<key>`) say what the API says of a field, and what they are filled with. */
export function fieldWords(detail: string): { key: string; named: Record<string, string> } {
  for (const [pattern, key] of FIELD_WORDS) {
    const match = pattern.exec(detail);
    if (match) return { key, named: match.groups ?? {} };
  }
  return { key: 'other', named: { detail } };
}

/** The one mapper from problems of the API to words in the reader's language. */
export function useProblemText() {
  const { t, te } = useI18n();
  const { refusalText } = useFileWords();

  function problemText(problem: ApiProblem): { title: string; description: string } {
    const refusal = refusalText(problem);
    if (refusal) return refusal;
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
    if (!error) return undefined;
    const { key, named } = fieldWords(error.detail);
    return t(`problems.fields.${key}`, named);
  }

  return { problemText, fieldText };
}
