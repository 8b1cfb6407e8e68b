import { fieldProblem, type Place } from '../../../problems.ts';

/** Paths cannot end in `.` or `..`: clients and proxies resolve these. */
const EXTERNAL_ID = /^(?!\.{1,2}$)[!-~]{1,128}$/;

/** @throws {Problem} invalid-request when the text cannot be an external id */
export function requireExternalId(text: string, place: Place): string {
  if (EXTERNAL_ID.test(text)) return text;
  throw fieldProblem(place, { reason: 'not-an-external-id', values: { max: 128 } });
}
