import { nextTick } from 'vue';
import type { Router } from 'vue-router';

/**
 * After a change of page, keyboard and screen reader continue at its heading, as after loading a document. Focus that is already
 * inside the page stays: on a tab or a filter that changed the address, or in a form.
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
