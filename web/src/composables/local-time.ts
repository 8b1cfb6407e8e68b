/** Between the API's times and `<input type="datetime-local">`, which knows no time zone: it shows the browser's. */

const two = (n: number) => String(Math.abs(n)).padStart(2, '0');

/** "2026-12-24T18:00", in the browser's time zone; '' for no time. */
export function toLocalInput(time: string | null): string {
  if (time === null) return '';
  const date = new Date(time);
  const minutes = date.getTime() - date.getTimezoneOffset() * 60_000;
  return new Date(minutes).toISOString().slice(0, 16);
}

/** "2026-12-24T18:00:00+01:00", with the offset that the browser's time zone has at that time; null for ''. */
export function fromLocalInput(text: string): string | null {
  if (text === '') return null;
  const minutes = -new Date(text).getTimezoneOffset();
  const offset = `${minutes < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
  return `${text.length === 16 ? `${text}:00` : text}${offset}`;
}

/** "Europe/Madrid" */
export const timeZone = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;
