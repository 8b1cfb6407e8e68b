import { type ProblemCode, problems } from './problem-codes.ts';

/**
 * Why something was refused, failed or left out: a code that programs read, with the values that its words need. Here are the English
 * words, `{value}` filled in. They stand alone: a sentence about a request, or what is wrong with a field, a row or a coupon.
 * Whoever only knows the code of a problem uses that as the reason. The web app has its own words for each (`reasons.ts` of each language).
 */
const reasons = {
  // a field of a request
  required: 'Required',
  'unknown-field': 'Unknown field',
  'wrong-type': 'Must be of type {type}',
  'not-an-integer': 'Must be a whole number',
  'too-short': 'At least {min} characters',
  'too-long': 'At most {max} characters',
  'too-small': 'At least {min}',
  'too-large': 'At most {max}',
  'too-few': 'At least {min} entries',
  'too-many': 'At most {max} entries',
  'too-many-bytes': 'At most {max} bytes of JSON',
  'too-deep': 'At most {max} levels of nesting',
  'not-one-of': 'Must be one of: {allowed}',
  format: 'Must have the format {format}',
  'does-not-fit': 'Not valid here',
  'has-nul': 'Must not contain NUL',
  'not-unicode': 'Must be well-formed Unicode',
  'too-many-accents': 'At most {max} accents on one letter',
  taken: 'Already taken',
  'same-as-email': 'Must not be the e-mail',
  'easy-to-guess': 'Too easy to guess',
  'not-a-time': 'Must be a time with an offset, such as 2026-12-24T18:00:00Z',
  'no-such-day': 'This day does not exist',
  'no-such-time': 'Must be from 00:00 to 23:59; a day ends at 00:00 of the next',
  'no-such-second': 'Seconds must be from 00 to 59; leap seconds cannot be stored',
  'no-such-offset': 'The offset must be from -23:59 to +23:59',
  'year-out-of-range': 'Must be in the years {first} to {last}',
  'not-after-start': 'Must be after startsAt',
  'not-before-end': 'Must be before expiresAt',
  'not-after-from': 'Must be after `from`',
  'one-redemption-only': 'Must be 1 unless allowMultipleRedemptions is true',
  'wrong-code-length': 'Makes codes of {length} characters; they must have {min} to {max}',
  'no-random-character': 'Needs at least one # for a random character',
  'not-for-patterns': 'Only A-Z, 0-9, -, _ and # for a random character',
  'not-for-codes': 'Only A-Z, 0-9, - and _',
  'not-a-charset':
    'Must be default, digits, letters or at least two different characters of A-Z, 0-9, - and _',
  'pattern-alone': 'Use either pattern, or length with prefix and postfix',
  'only-in-mode-equal': 'Only for mode equal; mode random takes total',
  'per-user-or-total': 'Mode equal takes either perUser or total',
  'only-with-total': 'Only together with total',
  'users-or-all': 'Give userIds, externalUserIds or emails, or all on its own',
  'one-name': 'Give either userId or externalUserId',
  'foreign-cursor': 'Must be the nextCursor of the previous page',
  'not-a-key': 'Must be 1 to 255 printable ASCII characters',
  'not-an-external-id': 'Must be 1 to {max} visible ASCII characters, without spaces, and not . or ..',
  'search-too-wide':
    'Too many coupons begin like this. Give more of the code, a book, a user or a time range (from, to)',
  'url-not-readable': 'Must be a URL such as https://example.org/hooks',
  'url-not-http': 'Must begin with https:// or http://',
  'url-with-user': 'Must not contain a user or password',
  'url-not-public': 'Must lead to a public address (WEBHOOK_ALLOW_PRIVATE opens other networks)',
  'url-name-unknown': 'Has a host name that cannot be found',

  // a row of a file, or an entry of a list
  empty: 'Empty',
  'not-allowed': 'Contains characters that no code has: {characters}',
  reserved: 'The reserved word {word}',
  placeholder: 'Stands for a missing value',
  total: 'A total, not a code',
  'number-shortened': 'A spreadsheet changed it: the last digits of the number are lost',
  title: 'The title of a column, not a code',
  'unlike-others': 'Does not look like the other codes of this list',
  'open-quote': 'Has a quote that is not closed',
  'after-quote': 'Has text after a closing quote',
  'row-too-long': 'Longer than {max} characters',
  'above-header': 'Above the header',
  'repeats-header': 'Repeats the header',
  'repeated-in-line': 'Already in line {line}',
  repeated: 'Already in an earlier line',
  exists: 'Already exists',
  'not-an-email': 'Not an e-mail address',
  'invisible-character': 'Contains an invisible character ({character})',
  'no-account': 'No account has this e-mail',
  'no-account-id': 'No account has this id',
  'no-account-external-id': 'No account has this external id',
  unconfirmed: 'The account is not confirmed',

  // a person or a coupon that a job left out
  'user-disabled': 'The account is disabled',
  'out-of-stock': 'No coupon was left: got {given} of {of}',
  owned: 'Has an owner',
  locked: 'Is locked',
  redeemed: 'Has been redeemed',
  'given-back': 'Was unassigned before',
  'given-once': 'Was given away before, then unassigned',
  reassigned: 'Was unassigned and assigned again',

  // a file as a whole
  'empty-file': 'The file is empty.',
  'no-rows': 'The file has no rows.',
  'not-text': 'The file is not text ({format}). Save it as CSV (UTF-8) and upload that.',
  'cut-off': 'The file ends in the middle of a character. Send the whole file.',
  'mixed-encodings':
    'Only parts of the file are UTF-8. Save it as CSV UTF-8, or name its encoding with `encoding=windows-1252`.',
  'not-in-encoding': 'The file is not text in {encoding}. Leave `encoding` out, or name another.',
  'no-column':
    'No column could be found that holds {what}. Found: {found}. Name the column by its title or number, such as `column=2`.',
  'several-columns':
    'Several columns could hold {what}: {found}. Name the column by its title or number, such as `column=2`.',
  'no-such-column': 'There is no column {column}. Found: {found}.',
  'header-unclear':
    'Line {line} ("{text}") may be a title or one of the {what}. Say which with `header=present` or `header=absent`.',
  'delimiter-unclear':
    'It is not clear what separates the cells: {delimiters}. Name it in a first line such as `sep=;`.',
  'rows-without-code': 'Nothing was stored: {invalid} of {rows} rows have no code.',
  'file-too-large': 'A file can have at most {max} bytes.',
  'file-incomplete': 'The upload ended before the file was complete.',
  'not-a-form-or-csv': 'Send the file as text/csv, or as the field "file" of multipart/form-data.',
  'not-csv': 'Send the file as text/csv.',
  'unreadable-form': 'The form cannot be read: {cause}.',

  // what a request asks for
  'no-such-address': 'There is nothing at this address.',
  'no-such-book': 'This book does not exist.',
  'no-such-coupon': 'This coupon does not exist.',
  'no-such-redemption': 'This redemption does not exist.',
  'no-such-pool': 'This pool does not exist.',
  'no-such-distribution': 'This distribution does not exist.',
  'no-such-job': 'This job does not exist.',
  'no-such-user': 'This user does not exist.',
  'no-such-active-user': 'There is no active user with this id.',
  'no-such-problem': 'There is no such problem.',
  'only-jobs-here': 'This process only runs jobs.',
  'nobody-named': 'Name somebody: give `userIds`, `externalUserIds`, `emails` or a CSV.',
  'wrong-state': 'The coupon is {state}.',
  'changed-hands': 'The coupon has just changed hands. Try again.',
  'rolled-back-before': 'This redemption has already been rolled back.',
  'book-archived': 'The book is archived and takes no new codes.',
  'too-few-codes':
    'The pattern has too few codes left: {capacity} in all, {existing} exist, {count} are asked for.',
  'guessable-codes':
    'The codes would be easy to guess: the pattern has {capacity}, {existing} exist, {count} are asked for; {needed} are needed. Make the pattern longer, or set allowGuessable.',
  'stock-too-small': '{needed} coupons are needed, {stock} are left.',
  'limits-too-small': '{needed} coupons are needed, but the limits allow these people only {possible}.',
  'pool-empty': 'The pool has no members.',
  'nothing-drawn': 'Nothing has been drawn. See the status of the job.',
  'distribution-running': 'The distribution has not ended yet. Wait for it.',
  'job-running': 'The job has not ended yet. Cancel it, or wait for it.',
  'job-ended': 'The job is already {status}.',
  'not-undoable': 'Jobs of this kind cannot be undone.',
  'nothing-to-undo':
    'This job cannot be undone: it stored nothing, or an earlier version did not record what it stored.',
  'no-such-webhook': 'This webhook does not exist.',
  'no-such-delivery': 'This delivery does not exist.',
  'webhook-disabled': 'The webhook is switched off. Switch it on first.',
  'too-many-webhooks': 'There are already {max} webhooks.',
  'replay-running': 'A replay of this webhook is already running.',
  'relay-running': 'This relay is not stopped.',
  'last-admin': 'This is the last administrator. Make another one first.',
  'enable-first': 'The account is disabled. Enable it before you give an access link.',
  'admins-only': 'Only administrators may do this.',
  'other-origin': 'Only pages of this origin may do this.',
  'registration-closed': 'Registration is closed. Ask an administrator for an account and an access link.',
  'wrong-password': 'The e-mail or the password is wrong.',
  'no-session': 'There is no open session.',
  'link-unknown': 'This access link is not known. It is incomplete, or a newer one has replaced it.',
  'link-used': 'This access link has been used. Sign in with the password that was chosen with it.',
  'link-expired': 'This access link has expired.',
  'link-disabled': 'The account of this access link is disabled.',

  // the request itself
  'not-json': 'The body is not valid JSON.',
  'not-utf-8': 'Send JSON in UTF-8.',
  'compressed-body': 'Send the body without compression.',
  'body-too-large': 'A JSON body can have at most {max} bytes.',
  'use-method': 'Use {allowed}.',
  unreadable: 'The request cannot be read: {cause}',
  'not-http': 'This is not a complete HTTP request.',
  'headers-too-large': 'The headers are too large.',
  'too-slow': 'The request did not arrive in time.',
  'client-gone': 'The client went away.',
  'cannot-be-stored': 'A value cannot be stored.',
  'deleted-or-needed': 'Something this needs has just been deleted, or something else needs it.',
  'still-running': 'The request with this Idempotency-Key is still running.',

  // too much at once, and outages
  'too-many-requests': 'At most {max} requests in {seconds} seconds.',
  'too-many-wrong-codes': 'Too many wrong codes.',
  'too-many-wrong-links': 'Too many access links that do not exist.',
  'too-many-sign-ins': 'Too many failed attempts.',
  'too-many-own-streams': 'This account has too many streams open.',
  'too-many-streams': 'Too many streams are open. Retry shortly.',
  'no-live-stream': 'There is no live stream here. Poll /api/v1/events instead.',
  'answer-too-large':
    'The answer is larger than {max} MB. Ask for less, with filters or a shorter time range.',
  'service-away': 'The {service} service cannot be reached.',
  'service-broke-off':
    'The {service} service broke off. A change may have been made: repeat it with the same Idempotency-Key.',
  'no-service-ready': 'No service is ready.',
  'server-busy': 'The server is busy. Retry shortly.',
  stopping: 'This process is stopping.',
  'database-not-ready': 'The database is not ready yet.',
  'database-read-only': 'The database does not answer, or does not accept changes.',
  'database-away': 'The database cannot be reached.',
  'database-slow': 'The database took too long.',
  'too-many-changes': 'Too many changes to the same thing at once.',
  overdue:
    'This took too long. Repeat it with the same Idempotency-Key: if it was done after all, you get its answer.',

  /** Jobs of earlier versions kept only an English sentence. */
  'as-stored': '{text}',
} as const;

type Words = typeof reasons & Record<Exclude<ProblemCode, keyof typeof reasons>, ''>;
export type Reason = keyof Words;
export type ReasonValues = Record<string, string | number>;

/** The names in braces. */
type Blanks<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Blanks<Rest> : never;
/** A reason whose words need no values. */
export type PlainReason = { [R in Reason]: Blanks<Words[R]> extends never ? R : never }[Reason];
type FilledReason = {
  [R in Exclude<Reason, PlainReason>]: { reason: R; values: Record<Blanks<Words[R]>, string | number> };
};
/** A reason with at least the values that its words need. */
export type Why = { reason: PlainReason; values?: ReasonValues } | FilledReason[keyof FilledReason];

/** A reason as it is answered: code, values and English words. */
export interface Explanation {
  reason: Reason;
  values: ReasonValues;
  detail: string;
}

/** The words of a reason before they are filled in. */
const wordsOf = (reason: Reason): string =>
  reason in reasons ? reasons[reason as keyof typeof reasons] : problems[reason as ProblemCode].about;

/** Makes the English words: the one place where that is done. With `row`, the line of a file that was to be stored whole or not at all. */
export function explain({ reason, values = {} }: { reason: Reason; values?: ReasonValues }): Explanation {
  const words = wordsOf(reason).replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
  const detail = values.row === undefined ? words : `Nothing was stored. Line ${values.row}: ${words}`;
  return { reason, values, detail };
}

/** All reasons, each with the names of the values that its words need. */
export const reasonBlanks = Object.fromEntries(
  [...Object.keys(reasons), ...Object.keys(problems)].map((reason) => [
    reason,
    [...wordsOf(reason as Reason).matchAll(/\{(\w+)\}/g)].map(([, name]) => name!),
  ]),
) as Record<Reason, string[]>;

/** What an earlier version stored: a reason that is still known, or its sentence as it is. */
export function explainStored(
  reason: string | null | undefined,
  values: ReasonValues | null | undefined,
  sentence: string | null,
): Explanation {
  return reason && reason in reasonBlanks
    ? explain({ reason: reason as Reason, values: values ?? {} })
    : explain({ reason: 'as-stored', values: { text: sentence ?? '' } });
}
