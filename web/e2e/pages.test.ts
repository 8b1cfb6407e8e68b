import type { Page, Route } from '@playwright/test';
import { findBarriers } from './support/axe.ts';
import {
  ADMIN_PAGES,
  addressOf,
  DESKTOP,
  findSideways,
  makeScene,
  PHONE,
  type Scene,
  settled,
  skeletons,
  USER_PAGES,
} from './support/pages.ts';
import { expect, test as base } from './support/test.ts';

const test = base.extend<object, { scene: Scene }>({
  scene: [async ({ server }, use) => use(await makeScene(server)), { scope: 'worker' }],
});

/** In an order in which one thing changes at a time. */
const LOOKS = [
  { colorScheme: 'light', viewport: DESKTOP },
  { colorScheme: 'dark', viewport: DESKTOP },
  { colorScheme: 'dark', viewport: PHONE },
  { colorScheme: 'light', viewport: PHONE },
] as const;
const PAGES = [
  ...USER_PAGES.map((path) => ({ path, role: 'user' as const })),
  ...ADMIN_PAGES.map((path) => ({ path, role: 'admin' as const })),
];
/** These show no content of the API's before somebody asks for it. */
const WITHOUT_CONTENT = ['/account', '/books/new', '/distribute'];

for (const { path, role } of PAGES) {
  test(`${path} can be used by everybody: no serious finding, light and dark, on a desktop and a phone, which scrolls nothing sideways`, async ({
    scene,
    open,
  }) => {
    const page = await open(scene[role], { at: addressOf(path, scene), kept: true });
    await settled(page);
    for (const { colorScheme, viewport } of LOOKS) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize(viewport);
      await expect
        .poll(() => page.evaluate(() => document.documentElement.classList.contains('dark')))
        .toBe(colorScheme === 'dark');
      expect(await findBarriers(page), `${colorScheme}, ${viewport.width} px`).toEqual([]);
      if (role === 'user' || viewport === PHONE)
        expect(await findSideways(page), `scrolls sideways at ${viewport.width} px`).toEqual([]);
    }
  });

  if (!WITHOUT_CONTENT.includes(path))
    test(`${path} shows that it loads, says what does not work, and recovers`, async ({
      scene,
      open,
      faults,
    }) => {
      faults.allow(/status of 503/);
      const page = await open(scene[role], { kept: true });
      const gate = Promise.withResolvers<void>();
      const isContent = /\/api\/v1\/(?!auth|events\/stream)/;
      const fail = async (route: Route) => {
        if (route.request().method() !== 'GET') return route.continue();
        await gate.promise;
        await route.fulfill({
          status: 503,
          contentType: 'application/problem+json',
          json: { type: '/problems/unavailable', title: 'x', status: 503, code: 'unavailable' },
        });
      };
      await page.route(isContent, fail);
      await page.goto(addressOf(path, scene));
      await expect(skeletons(page).first()).toBeVisible();
      gate.resolve();
      await expect(page.getByText('The service does not answer').first()).toBeVisible();
      await page.setViewportSize(PHONE);
      expect(await findSideways(page)).toEqual([]);
      await page.unroute(isContent, fail);
      await tryAgain(page);
    });
}

/**
 * Asks again wherever the page offers it, until it shows its content. It may also recover by itself meanwhile, or hear a last
 * refusal late: so nothing is taken for granted between two looks.
 */
async function tryAgain(page: Page): Promise<void> {
  const button = page.getByRole('button', { name: 'Try again' }).first();
  await expect(async () => {
    if (await button.isVisible()) await button.click({ timeout: 1_000 });
    await expect(skeletons(page)).toHaveCount(0, { timeout: 1_000 });
    await expect(page.getByText('The service does not answer')).toHaveCount(0, { timeout: 1_000 });
    await expect(button).toHaveCount(0, { timeout: 1_000 });
  }).toPass();
  await settled(page);
}
