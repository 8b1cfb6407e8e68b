/**
 * The e-mails of a text that somebody pasted: a column of a table, a list with commas, or what a mail program copies
 * ("Ada <ada@example.com>"). What is none is kept as it is, so that it can be reported.
 */
export function splitEmails(text: string): string[] {
  return text
    .split(/[\n\r,;\t]+/)
    .flatMap((part) => /<([^<>]+)>/.exec(part)?.[1] ?? part.trim().split(/\s+/))
    .map((part) => part.trim().replace(/^["']|["']$/g, ''))
    .filter((part) => part !== '');
}

/** As a file of one column, which the API takes in any length; a list in JSON ends at 10,000. */
export const toEmailFile = (emails: readonly string[]): string =>
  ['email', ...emails.map((email) => `"${email.replaceAll('"', '""')}"`)].join('\n');
