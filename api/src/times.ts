import { type FieldError, Problem } from './problems.ts';

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)t(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|[+-](\d\d):(\d\d))$/i;
const FIRST = Date.UTC(1970, 0, 1);
const AFTER_LAST = Date.UTC(10_000, 0, 1);

/**
 * Reads a time of a request: RFC 3339 with an offset, years 1970 to 9999, to the millisecond. Refuses what readers differ about:
 * hour 24, leap seconds, days that a month does not have.
 * @throws {Problem} invalid-request, pointing at the field
 */
export function readTime(text: string, field: Pick<FieldError, 'in' | 'pointer'>): Date {
  const detail = faultOf(text);
  if (detail)
    throw new Problem('invalid-request', 'A time does not fit.', { errors: [{ ...field, detail }] });
  return new Date(text.toUpperCase());
}

function faultOf(text: string): string | null {
  const parts = RFC_3339.exec(text)?.slice(1).map(Number);
  if (!parts)
    return 'must be a time with an offset, such as 2026-12-24T18:00:00Z or 2026-12-24T19:00:00+01:00';
  const [year, month, day, hour, minute, second, offsetHour, offsetMinute] = parts as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return 'must be a day that exists';
  if (hour > 23 || minute > 59)
    return 'must be a time from 00:00 to 23:59 (the end of a day is 00:00 of the next)';
  if (second > 59) return 'must have seconds from 00 to 59: leap seconds cannot be kept';
  if (offsetHour > 23 || offsetMinute > 59) return 'must have an offset from -23:59 to +23:59';
  const instant = Date.parse(text.toUpperCase());
  if (!(instant >= FIRST && instant < AFTER_LAST)) return 'must be in the years 1970 to 9999';
  return null;
}

const daysOf = (year: number, month: number) =>
  new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
