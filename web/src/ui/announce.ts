import { readonly, ref } from 'vue';

const text = ref('');

/** Says something to who cannot see it, without interrupting (`LiveAnnouncer` holds the place where screen readers listen). */
export function announce(words: string): void {
  // The same words twice are two announcements only if the text changes.
  text.value = text.value === words ? `${words}\u00a0` : words;
}

export const useAnnouncement = () => readonly(text);
