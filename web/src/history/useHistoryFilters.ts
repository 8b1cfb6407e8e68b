import { computed } from 'vue';
import { EVENT_TYPES, type EventType } from './eventLooks';
import { useQueryParameters } from '../ui/useQueryParameters';
import { whenTyped } from '../ui/whenTyped';

const NAMES = ['book', 'user', 'actor', 'type', 'code', 'from', 'to', 'job'] as const;

/** The filters of the history lists, in the page's address and as parameters of the API. */
export function useHistoryFilters() {
  const choice = useQueryParameters(NAMES);
  const code = whenTyped(computed(() => choice.code.trim()));

  const shared = computed(() => ({
    ...(choice.book && { bookId: choice.book }),
    ...(choice.user && { userId: choice.user }),
    ...(choice.actor && { actorId: choice.actor }),
    ...(code.value && { code: code.value }),
    ...(choice.from && { from: choice.from }),
    ...(choice.to && { to: choice.to }),
  }));
  const forEvents = computed(() => ({
    ...shared.value,
    ...(isEventType(choice.type) && { type: [choice.type] }),
    ...(choice.job && { jobId: choice.job }),
  }));

  function clear(): void {
    for (const name of NAMES) choice[name] = '';
  }

  return { choice, forRedemptions: shared, forEvents, clear };
}

const isEventType = (text: string): text is EventType => (EVENT_TYPES as string[]).includes(text);

/** The address that exports a whole list, with the byte order mark that Excel needs for UTF-8. */
export function exportAddress(path: string, query: Record<string, string | string[]>): string {
  const parameters = new URLSearchParams({ bom: 'true' });
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) parameters.append(name, one);
  return `${path}?${parameters.toString()}`;
}
