import { useI18n } from 'vue-i18n';

/** What an event is called in the reader's language. A type of a newer API, that is new to us, keeps its name. */
export function useEventWords() {
  const { t, te } = useI18n();
  return (type: string): string => (te(`webhooks.events.${type}`) ? t(`webhooks.events.${type}`) : type);
}
