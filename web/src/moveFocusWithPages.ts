import { nextTick } from 'vue';
import type { Router } from 'vue-router';

/**
 * After a change of page, the keyboard and the screen reader go on at its heading, as after loading a document. Focus that is in
 * the page already stays: a tab or a filter that changed the address, a form that took it.
 */
export function moveFocusWithPages(router: Router): void {
  router.afterEach(async (to, from, failure) => {
    if (failure || from.matched.length === 0 || to.path === from.path) return;
    await nextTick();
    const main = document.getElementById('main');
    if (!main || main.contains(document.activeElement)) return;
    (main.querySelector('h1') ?? main).focus({ preventScroll: true });
  });
}
