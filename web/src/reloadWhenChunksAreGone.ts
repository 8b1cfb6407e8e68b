import type { Router } from 'vue-router';

const RELOADED_AT = 'coupon-book.reloaded-at';
const ONCE_IN_MS = 60_000;

/**
 * After a deployment, a page that is still open may ask for files that no longer exist. It is then reloaded at the address it was
 * going to. This happens only once, so that a broken server is not asked for ever, and only if the server answers: the current page
 * is better than the browser's error page. Otherwise `report` tells the user.
 */
export function reloadWhenChunksAreGone(router: Router, report: (error: unknown) => void): void {
  let destination: string | null = null;
  router.beforeEach((to) => void (destination = to.fullPath));
  router.afterEach(() => void (destination = null));

  window.addEventListener('vite:preloadError', ({ payload }) => {
    void recover(destination ?? location.href, payload);
  });

  async function recover(address: string, error: unknown): Promise<void> {
    const isThere = await fetch('/favicon.svg', { method: 'HEAD', cache: 'no-store' }).then(
      ({ ok }) => ok,
      () => false,
    );
    if (!isThere || Date.now() - Number(sessionStorage.getItem(RELOADED_AT)) < ONCE_IN_MS)
      return report(error);
    sessionStorage.setItem(RELOADED_AT, String(Date.now()));
    location.assign(address);
  }
}
