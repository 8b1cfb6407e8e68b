/**
 * Why a row of a file, or an entry of a list, was not used: the code that programs read, and the English words, which end a sentence that names the row.
 * The web app has words of its own for each code (`web/src/files/words.en.ts` under `rows`).
 */
export const rowReasons = {
  empty: 'is empty',
  'too-long': 'is longer than {max} characters',
  'too-short': 'is shorter than {min} characters',
  'not-allowed': 'contains characters that no code has: {characters}',
  reserved: 'is the reserved word {word}',
  placeholder: 'stands for a missing value',
  total: 'is a total and not a code',
  'number-shortened': 'was changed by a spreadsheet: the last digits of the number are lost',
  title: 'is the title of a column and not a code',
  'unlike-others': 'does not look like the other codes of this list',
  'open-quote': 'has a quote that is not closed',
  'after-quote': 'has text after a closing quote',
  'row-too-long': 'is longer than 65,536 characters',
  'above-header': 'is above the header',
  'repeats-header': 'repeats the header',
  'repeated-in-line': 'is in line {line} already',
  repeated: 'is in an earlier line already',
  exists: 'exists already',
  'not-an-email': 'is not an e-mail address',
  'invisible-character': 'contains an invisible character ({character})',
  'no-account': 'no account has this e-mail',
  'no-account-id': 'no account has this id',
  unconfirmed: 'the account is not confirmed',
} as const;

export type RowReason = keyof typeof rowReasons;
export type ReasonValues = Record<string, string | number>;

/** A reason with what its words need. */
export interface Why {
  reason: RowReason;
  values?: ReasonValues;
}

/** Why a file as a whole was not taken. The sentence says what to do. */
export const fileReasons = {
  'no-rows': 'The file has no rows.',
  'not-text': 'The file is not text but {what}. Save it as CSV (UTF-8) and upload that.',
  'cut-off': 'The file ends in the middle of a character. Send the whole file.',
  'mixed-encodings':
    'The file is UTF-8 in parts only. Save it as CSV UTF-8, or name its encoding with `encoding=windows-1252`.',
  'not-in-encoding': 'The file is not text in {encoding}. Leave `encoding` away, or name another.',
  'no-column':
    'No column could be found that holds {what}. Found: {found}. Name the column by its title or number, such as `column=2`.',
  'several-columns':
    'Several columns could hold {what}: {found}. Name the column by its title or number, such as `column=2`.',
  'no-such-column': 'There is no column {column}. Found: {found}.',
  'header-unclear':
    'Line {line} ("{text}") may be a title or one of the {what}. Say which with `header=present` or `header=absent`.',
  'delimiter-unclear':
    'It is not clear what stands between the cells: {delimiters}. Name it in a first line such as `sep=;`.',
} as const;

export type FileReason = keyof typeof fileReasons;

/** The English of a reason. */
export function tell(reason: RowReason | FileReason, values: ReasonValues = {}): string {
  const template: string =
    reason in rowReasons ? rowReasons[reason as RowReason] : fileReasons[reason as FileReason];
  return template.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
}
