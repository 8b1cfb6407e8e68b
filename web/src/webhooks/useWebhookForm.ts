import { reactive } from 'vue';
import type { Schemas } from '../api/client';
import type { EventType } from './eventTypes';

/** A webhook as typed. */
export interface WebhookForm {
  url: string;
  description: string;
  types: string[];
  /** Of all books, or of those in `bookIds`. */
  isOfSomeBooks: boolean;
  bookIds: string[];
  includeCodes: boolean;
}

const WANTED_FIRST = ['coupon.assigned', 'coupon.redeemed'];

export const useWebhookForm = (webhook?: Schemas['Webhook']): WebhookForm =>
  reactive({
    url: webhook?.url ?? '',
    description: webhook?.description ?? '',
    types: [...(webhook?.types ?? WANTED_FIRST)],
    isOfSomeBooks: (webhook?.bookIds ?? null) !== null,
    bookIds: [...(webhook?.bookIds ?? [])],
    includeCodes: webhook?.includeCodes ?? false,
  });

/** Whether the API can be asked: it refuses a webhook that wants nothing. */
export const isComplete = ({ url, types, isOfSomeBooks, bookIds }: WebhookForm): boolean =>
  url.trim() !== '' && types.length > 0 && (!isOfSomeBooks || bookIds.length > 0);

/** The body for the API. */
export const toSettings = (form: WebhookForm) => ({
  url: form.url.trim(),
  description: form.description.trim() || null,
  types: form.types as EventType[],
  bookIds: form.isOfSomeBooks ? form.bookIds : null,
  includeCodes: form.includeCodes,
});
