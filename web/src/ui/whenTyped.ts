import { refDebounced } from '@vueuse/core';
import type { Ref } from 'vue';

/** A pause in typing after which somebody waits for an answer. What is typed faster is not asked for letter by letter. */
export const TYPING_MS = 200;

/** What somebody types, once they pause. */
export const whenTyped = <T>(typed: Ref<T>): Readonly<Ref<T>> => refDebounced(typed, TYPING_MS);
