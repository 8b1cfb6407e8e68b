import { reactive } from 'vue';
import type { Schemas } from '../api/client';
import type { operations } from '../api/schema';

type Book = Schemas['Book'];
export type BookSettings = operations['createBook']['requestBody']['content']['application/json'];

/** The units in which a lock's time can be given, in seconds. */
export const LOCK_UNITS = { seconds: 1, minutes: 60, hours: 3600 } as const;
export type LockUnit = keyof typeof LOCK_UNITS;

/** The fields of a book as typed. A number is null while its field is empty. */
export interface BookForm {
  name: string;
  description: string;
  /** RFC 3339, as `expiresAt`; '' for none. */
  startsAt: string;
  expiresAt: string;
  isLimitedPerUser: boolean;
  maxAssignmentsPerUser: number | null;
  allowMultipleRedemptions: boolean;
  isLimitedPerCoupon: boolean;
  maxRedemptions: number | null;
  lockTime: number | null;
  lockUnit: LockUnit;
  isAlertedBelow: boolean;
  alertBelow: number | null;
  isAlertedBefore: boolean;
  alertDaysBefore: number | null;
  /** A JSON object; '' for none. */
  metadata: string;
}

const DEFAULT_LOCK_SECONDS = 300;

export function useBookForm(book?: Book): BookForm {
  const lock = lockTime(book?.lockTtlSeconds ?? DEFAULT_LOCK_SECONDS);
  return reactive({
    name: book?.name ?? '',
    description: book?.description ?? '',
    startsAt: book?.startsAt ?? '',
    expiresAt: book?.expiresAt ?? '',
    isLimitedPerUser: (book?.maxAssignmentsPerUser ?? null) !== null,
    maxAssignmentsPerUser: book?.maxAssignmentsPerUser ?? 1,
    allowMultipleRedemptions: book?.allowMultipleRedemptions ?? false,
    isLimitedPerCoupon: book?.allowMultipleRedemptions ? book.maxRedemptions !== null : true,
    maxRedemptions: book?.allowMultipleRedemptions ? (book.maxRedemptions ?? 2) : 2,
    ...lock,
    isAlertedBelow: (book?.alertBelow ?? null) !== null,
    alertBelow: book?.alertBelow ?? 100,
    isAlertedBefore: (book?.alertDaysBefore ?? null) !== null,
    alertDaysBefore: book?.alertDaysBefore ?? 7,
    metadata: isEmpty(book?.metadata) ? '' : JSON.stringify(book!.metadata, null, 2),
  });
}

const isEmpty = (metadata: object = {}) => Object.keys(metadata).length === 0;

/** The typed metadata; undefined if it is not a JSON object. */
export function parseMetadata(text: string): Record<string, unknown> | undefined {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** In the largest unit in which it is a whole number. */
function lockTime(seconds: number): { lockTime: number; lockUnit: LockUnit } {
  const lockUnit = (['hours', 'minutes', 'seconds'] as const).find(
    (unit) => seconds % LOCK_UNITS[unit] === 0,
  )!;
  return { lockTime: seconds / LOCK_UNITS[lockUnit], lockUnit };
}

/** The body for the API. A limit without a number and invalid metadata are left out: the form asks for them first. */
export function toSettings(form: BookForm): BookSettings {
  return {
    name: form.name,
    description: form.description.trim() === '' ? null : form.description,
    startsAt: form.startsAt || null,
    expiresAt: form.expiresAt || null,
    maxAssignmentsPerUser: form.isLimitedPerUser ? form.maxAssignmentsPerUser : null,
    allowMultipleRedemptions: form.allowMultipleRedemptions,
    maxRedemptions: !form.allowMultipleRedemptions ? 1 : form.isLimitedPerCoupon ? form.maxRedemptions : null,
    lockTtlSeconds: (form.lockTime ?? 0) * LOCK_UNITS[form.lockUnit],
    alertBelow: form.isAlertedBelow ? form.alertBelow : null,
    alertDaysBefore: form.isAlertedBefore ? form.alertDaysBefore : null,
    metadata: parseMetadata(form.metadata),
  };
}

/** Fields that belong together: if one of them was edited, all keep what was typed. */
const TOGETHER: (keyof BookForm)[][] = [
  ['isLimitedPerUser', 'maxAssignmentsPerUser'],
  ['allowMultipleRedemptions', 'isLimitedPerCoupon', 'maxRedemptions'],
  ['lockTime', 'lockUnit'],
  ['isAlertedBelow', 'alertBelow'],
  ['isAlertedBefore', 'alertDaysBefore'],
];

/** The form after its book was changed elsewhere: what was typed stays, the rest follows the book. */
export function followBook(form: BookForm, before: Book, now: Book): BookForm {
  const untouched = useBookForm(before);
  const typed = (Object.keys(untouched) as (keyof BookForm)[]).filter((field) => {
    const fields = TOGETHER.find((some) => some.includes(field)) ?? [field];
    return fields.some((one) => form[one] !== untouched[one]);
  });
  return { ...useBookForm(now), ...Object.fromEntries(typed.map((field) => [field, form[field]])) };
}

/** What differs from the book. */
export function toChanges(form: BookForm, book: Book): Partial<BookSettings> {
  const before = toSettings(useBookForm(book));
  const after = toSettings(form);
  return Object.fromEntries(
    Object.entries(after).filter(
      ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof BookSettings]),
    ),
  );
}
