import { Problem } from '../../problems.ts';

const MAX_LENGTH = 254;
const LOCAL_PART = /^(?!\.)(?!.*\.\.)[^\s\p{C}@"(),:;<>[\]\\]{1,64}(?<!\.)$/u;
const DOMAIN =
  /^(?=.{1,253}$)[\p{L}\p{M}\p{N}]([\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?(\.[\p{L}\p{M}\p{N}]([\p{L}\p{M}\p{N}-]*[\p{L}\p{M}\p{N}])?)*$/u;

/** How e-mails are compared and kept: one account per mailbox and not per spelling. */
export function foldEmail(text: string): string {
  return text.normalize('NFC').trim().toLowerCase();
}

/**
 * The kept form of an e-mail, or null when it cannot be one. A domain of one label (`admin@localhost`) is fine: whether a mailbox
 * exists only a mail tells.
 */
export function parseEmail(text: string): string | null {
  const email = foldEmail(text);
  const at = email.lastIndexOf('@');
  const fits =
    [...email].length <= MAX_LENGTH &&
    LOCAL_PART.test(email.slice(0, at)) &&
    DOMAIN.test(email.slice(at + 1));
  return at > 0 && fits ? email : null;
}

/** @throws {Problem} invalid-request when the text cannot be an e-mail */
export function requireEmail(text: string): string {
  const email = parseEmail(text);
  if (email !== null) return email;
  throw new Problem('invalid-request', 'That is not an e-mail address.', {
    errors: [
      { in: 'body', pointer: '/email', detail: 'must be an e-mail address of at most 254 characters' },
    ],
  });
}
