import { computed } from 'vue';
import { useI18n } from 'vue-i18n';
import { useRoughNow } from './server-clock';

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

/** Dates, times and numbers in the chosen language, in the way of the reader's region where the browser tells one for it. */
export function useFormats() {
  const { locale } = useI18n();
  const now = useRoughNow();
  const region = computed(
    () => navigator.languages.find((tag) => tag.slice(0, 2) === locale.value) ?? locale.value,
  );
  const of = computed(() => ({
    number: new Intl.NumberFormat(region.value),
    percent: new Intl.NumberFormat(region.value, { style: 'percent', maximumFractionDigits: 1 }),
    date: new Intl.DateTimeFormat(region.value, { dateStyle: 'medium' }),
    dateTime: new Intl.DateTimeFormat(region.value, { dateStyle: 'medium', timeStyle: 'short' }),
    time: new Intl.DateTimeFormat(region.value, { timeStyle: 'medium' }),
    relative: new Intl.RelativeTimeFormat(region.value, { numeric: 'auto' }),
    exact: new Intl.DateTimeFormat(region.value, { dateStyle: 'full', timeStyle: 'long' }),
  }));

  const measure = (unit: string, unitDisplay: 'long' | 'short') =>
    new Intl.NumberFormat(region.value, { style: 'unit', unit, unitDisplay, maximumFractionDigits: 1 });

  return {
    number: (value: number | bigint) => of.value.number.format(value),
    /** @param share 1 is 100 % */
    percent: (share: number) => of.value.percent.format(share),
    /** All times: RFC 3339, as the API has them; shown in the reader's time zone. */
    date: (time: string) => of.value.date.format(Date.parse(time)),
    dateTime: (time: string) => of.value.dateTime.format(Date.parse(time)),
    time: (time: string) => of.value.time.format(Date.parse(time)),
    /** To the second, with the time zone. */
    exactTime: (time: string) => of.value.exact.format(Date.parse(time)),
    /** "40 seconds", "3 minutes": in the largest unit that is filled. */
    duration(seconds: number): string {
      const [unit, length] = DURATIONS.find(([, length]) => seconds >= length) ?? ['second', 1];
      return measure(unit, 'long').format(Math.round(seconds / length));
    },
    /** "12 MB" */
    bytes(size: number): string {
      const [unit, length] = SIZES.find(([, length]) => size >= length) ?? ['byte', 1];
      return measure(unit, 'short').format(size / length);
    },
    /** "5 minutes ago", "in 3 days": by the server's clock, and kept true while it is on the screen. */
    relative(time: string): string {
      const seconds = (Date.parse(time) - now.value) / 1000;
      const [unit, length] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['minute', 60];
      return of.value.relative.format(Math.trunc(seconds / length), unit);
    },
  };
}
