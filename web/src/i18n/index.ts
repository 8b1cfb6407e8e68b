import { createI18n } from 'vue-i18n';
import type { Messages } from './en';

export const LANGUAGES = { en: 'English', es: 'Español' } as const;
export type Language = keyof typeof LANGUAGES;

const CHOICE = 'coupon-book.language';
const load: Record<Language, () => Promise<{ default: Messages }>> = {
  en: () => import('./en'),
  es: () => import('./es'),
};

export const i18n = createI18n<[Messages], Language, false>({
  legacy: false,
  locale: 'en',
  messages: {} as never,
});

/** The language chosen here before, else the first of the browser's that we have. */
export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(CHOICE), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return wanted.find((tag): tag is Language => tag !== undefined && tag in LANGUAGES) ?? 'en';
}

/** Loads the words of a language and shows everything in it. */
export async function setLanguage(language: Language): Promise<void> {
  const { default: messages } = await load[language]();
  i18n.global.setLocaleMessage(language, messages);
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(CHOICE, language);
  await setLanguage(language);
}
