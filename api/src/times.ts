import { fieldProblem, type Place } from './problems.ts';
import type { Why } from './reasons.ts';

const RFC_3339 = /^(\d{4})-(\d\d)-(\d\d)t(\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:z|[+-](\d\d):(\d\d))$/i;
const FIRST = Date.UTC(1970, 0, 1);
const AFTER_LAST = Date.UTC(10_000, 0, 1);

/**
 * Reads a time of a request: RFC 3339 with an offset, years 1970 to 9999, to the millisecond. Refuses what readers differ about:
 * hour 24, leap seconds, days that a month does not have.
 * @throws {Problem} invalid-request, pointing at the field
 */
export function readTime(text: string, place: Place): Date {
  const fault = faultOf(text);
  if (fault) throw fieldProblem(place, fault);
  return new Date(text.toUpperCase());
}

function faultOf(text: string): Why | null {
  const parts = RFC_3339.exec(text)?.slice(1).map(Number);
  if (!parts) return { reason: 'not-a-time' };
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
  if (month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return { reason: 'no-such-day' };
  if (hour > 23 || minute > 59) return { reason: 'no-such-time' };
  if (second > 59) return { reason: 'no-such-second' };
  if (offsetHour > 23 || offsetMinute > 59) return { reason: 'no-such-offset' };
  const instant = Date.parse(text.toUpperCase());
  if (!(instant >= FIRST && instant < AFTER_LAST))
    return { reason: 'year-out-of-range', values: { first: '1970', last: '9999' } };
  return null;
}

const daysOf = (year: number, month: number) =>
  new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
