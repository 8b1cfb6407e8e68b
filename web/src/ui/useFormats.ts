import { useI18n } from 'vue-i18n';
import { useRoughNow } from './serverClock';

const UNITS = [
  ['year', 365 * 86_400],
  ['month', 30 * 86_400],
  ['week', 7 * 86_400],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
] as const;

const DURATIONS = UNITS.slice(3);

const SIZES = [
  ['gigabyte', 1e9],
  ['megabyte', 1e6],
  ['kilobyte', 1e3],
] as const;

const formatters = new Map<string, unknown>();

/** Makes each formatter once: that takes a millisecond or more, and dozens of components use them. */
function formatter<Formatter, Options>(
  Kind: new (region: string, options: Options) => Formatter,
  region: string,
  options: Options,
): Formatter {
  const key = JSON.stringify([Kind.name, region, options]);
  if (!formatters.has(key)) formatters.set(key, new Kind(region, options));
  return formatters.get(key) as Formatter;
}

/** An end is exclusive, so an end at midnight is shown and typed as the last minute of the day before. */
export function lastMinute(end: string): string {
  const date = new Date(end);
  const isMidnight = date.getHours() + date.getMinutes() + date.getSeconds() + date.getMilliseconds() === 0;
  return isMidnight ? new Date(date.getTime() - 60_000).toISOString() : end;
}

/** Dates, times and numbers in the chosen language, with the conventions of the reader's region if the browser tells it. */
export function useFormats() {
  const { locale } = useI18n();
  const now = useRoughNow();
  const region = () => navigator.languages.find((tag) => tag.slice(0, 2) === locale.value) ?? locale.value;

  const asNumber = (value: number | bigint, options: Intl.NumberFormatOptions = {}) =>
    formatter(Intl.NumberFormat, region(), options).format(value);
  const asTime = (time: string, options: Intl.DateTimeFormatOptions) =>
    formatter(Intl.DateTimeFormat, region(), options).format(Date.parse(time));
  const measure = (value: number, unit: string, unitDisplay: 'long' | 'short') =>
    asNumber(value, { style: 'unit', unit, unitDisplay, maximumFractionDigits: 1 });

  return {
    number: (value: number | bigint) => asNumber(value),
    /** @param share 1 is 100 % */
    percent: (share: number) => asNumber(share, { style: 'percent', maximumFractionDigits: 1 }),
    /** All times: RFC 3339, as the API has them; shown in the reader's time zone. */
    date: (time: string) => asTime(time, { dateStyle: 'medium' }),
    dateTime: (time: string) => asTime(time, { dateStyle: 'medium', timeStyle: 'short' }),
    time: (time: string) => asTime(time, { timeStyle: 'medium' }),
    /** To the second, with the time zone. */
    exactTime: (time: string) => asTime(time, { dateStyle: 'full', timeStyle: 'long' }),
    /** "40 seconds", "3 minutes": in the largest unit of which there is at least one. */
    duration(seconds: number): string {
      const [unit, length] = DURATIONS.find(([, length]) => seconds >= length) ?? ['second', 1];
      return measure(Math.round(seconds / length), unit, 'long');
    },
    /** "12 MB" */
    bytes(size: number): string {
      const [unit, length] = SIZES.find(([, length]) => size >= length) ?? ['byte', 1];
      return measure(size / length, unit, unit === 'byte' ? 'long' : 'short');
    },
    /** "5 minutes ago", "in 3 days": by the server's clock, updated while it is shown. */
    relative(time: string): string {
      const seconds = (Date.parse(time) - now.value) / 1000;
      const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['minute', 60];
      return formatter(Intl.RelativeTimeFormat, region(), { numeric: 'auto' }).format(
        Math.trunc(seconds / length),
        unit,
      );
    },
  };
}
