import { refDebounced } from '@vueuse/core';
import type { Ref } from 'vue';

/** A pause of this length means that somebody has finished typing. */
export const TYPING_MS = 200;

/** What somebody typed, after a pause. */
export const whenTyped = <T>(typed: Ref<T>): Readonly<Ref<T>> => refDebounced(typed, TYPING_MS);
