import { readonly, ref } from 'vue';

const text = ref('');

/** Tells screen readers something without interrupting (`LiveAnnouncer` holds the live region). */
export function announce(words: string): void {
  // The same words twice are announced twice only if the text changes.
  text.value = text.value === words ? `${words}\u00a0` : words;
}

export const useAnnouncement = () => readonly(text);
