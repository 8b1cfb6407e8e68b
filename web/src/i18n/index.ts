import { createI18n } from 'vue-i18n';
import type { Messages } from './en';
import type { AdminMessages } from './admin.en';
import type { FindingWords } from '../doctor/useFindingWords';

export const LANGUAGES = { en: 'English', es: 'Español' } as const;
export type Language = keyof typeof LANGUAGES;

const CHOICE = 'coupon-book.language';
type Load<T> = Record<Language, () => Promise<{ default: T }>>;
const load: Load<Messages> = { en: () => import('./en'), es: () => import('./es') };
const loadForAdmins: Load<AdminMessages> = {
  en: () => import('./admin.en'),
  es: () => import('./admin.es'),
};
const loadAdminReasons: Load<Record<string, string>> = {
  en: () => import('../ui/words.adminReasons.en'),
  es: () => import('../ui/words.adminReasons.es'),
};
const loadFindings: Load<FindingWords> = {
  en: () => import('../doctor/words.findings.en'),
  es: () => import('../doctor/words.findings.es'),
};
/** Which words are loaded beside those for all: the first page of an administrator does without the long sets. */
const wanted = { admin: false, adminReasons: false, findings: false };

type AllMessages = Messages & AdminMessages & { findings: FindingWords };

export const i18n = createI18n<[AllMessages], Language, false>({
  legacy: false,
  locale: 'en',
  messages: {} as never,
});

/** The language that was chosen here, else the first of the browser's languages that we have. */
export function preferredLanguage(): Language {
  const wanted = [localStorage.getItem(CHOICE), ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return wanted.find((tag): tag is Language => tag !== undefined && tag in LANGUAGES) ?? 'en';
}

/** Loads the words of a language and shows everything in it. */
export async function setLanguage(language: Language): Promise<void> {
  const [forAll, more, reasons, findings] = await Promise.all([
    load[language](),
    wanted.admin ? loadForAdmins[language]() : null,
    wanted.adminReasons ? loadAdminReasons[language]() : null,
    wanted.findings ? loadFindings[language]() : null,
  ]);
  // Without the words for administrators as long as no page needs them.
  const messages = {
    ...forAll.default,
    ...more?.default,
    reasons: { ...forAll.default.reasons, ...reasons?.default },
    findings: findings?.default,
  } as AllMessages;
  i18n.global.setLocaleMessage(language, messages);
  i18n.global.locale.value = language;
  document.documentElement.lang = language;
}

export async function chooseLanguage(language: Language): Promise<void> {
  localStorage.setItem(CHOICE, language);
  await setLanguage(language);
}

/** Loads the words of pages that only administrators see. */
export async function loadWords(set: keyof typeof wanted): Promise<void> {
  if (wanted[set]) return;
  wanted[set] = true;
  try {
    await setLanguage(i18n.global.locale.value);
  } catch (error) {
    wanted[set] = false; // The next page asks again.
    throw error;
  }
}
