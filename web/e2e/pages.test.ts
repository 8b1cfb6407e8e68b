import AxeBuilder from '@axe-core/playwright';
import type { Page, Route } from '@playwright/test';
import {
  ADMIN_PAGES,
  addressOf,
  makeScene,
  type Scene,
  settled,
  skeletons,
  USER_PAGES,
} from './support/pages.ts';
import { makePerson } from './support/scene.ts';
import { expect, test as base } from './support/test.ts';

const test = base.extend<object, { scene: Scene }>({
  scene: [async ({ server }, use) => use(await makeScene(server)), { scope: 'worker' }],
});

const DESKTOP = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };
const PAGES = [
  ...USER_PAGES.map((path) => ({ path, role: 'user' as const })),
  ...ADMIN_PAGES.map((path) => ({ path, role: 'admin' as const })),
];
/** These show no content of the API's before somebody asks for it. */
const WITHOUT_CONTENT = ['/account', '/books/new'];

for (const { path, role } of PAGES) {
  test(`${path} can be used by everybody: no serious finding, light and dark, on a desktop and a phone`, async ({
    scene,
    open,
  }) => {
    const page = await open(scene[role], { at: addressOf(path, scene) });
    await settled(page);
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const viewport of [DESKTOP, PHONE]) {
        await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
        await page.setViewportSize(viewport);
        await expect
          .poll(() => page.evaluate(() => document.documentElement.classList.contains('dark')))
          .toBe(colorScheme === 'dark');
        expect(await findings(page), `${colorScheme}, ${viewport.width} px`).toEqual([]);
        if (role === 'user') expect(await overflow(page), `${viewport.width} px`).toBe(0);
      }
    }
  });

  if (!WITHOUT_CONTENT.includes(path))
    test(`${path} shows that it loads, says what does not work, and recovers`, async ({
      scene,
      open,
      faults,
    }) => {
      faults.allow(/status of 503/);
      const page = await open(scene[role]);
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
      await page.unroute(isContent, fail);
      await tryAgain(page);
      await settled(page);
      await expect(page.getByText('The service does not answer')).toHaveCount(0);
    });
}

test('every page has all its words in Spanish', async ({ scene, open }) => {
  const { default: english } = await import('../src/i18n/en/index.ts');
  const { default: spanish } = await import('../src/i18n/es/index.ts');
  const known = new Set(leaves(spanish));
  // Short words may be names or part of what people typed.
  const foreign = leaves(english).filter(
    (words) => words.length > 11 && !words.includes('{') && !known.has(words),
  );
  const topics = Object.keys(english).join('|');
  for (const role of ['user', 'admin'] as const) {
    const page = await open(scene[role], { language: 'es' });
    for (const { path } of PAGES.filter((each) => each.role === role)) {
      await page.goto(addressOf(path, scene));
      await settled(page);
      const text = await page.locator('body').innerText();
      expect(
        foreign.filter((words) => text.includes(words)),
        `English on ${path}`,
      ).toEqual([]);
      expect(text, `a key without words on ${path}`).not.toMatch(new RegExp(`\\b(${topics})\\.[a-z]\\w+`));
      expect(await page.evaluate(() => document.documentElement.lang)).toBe('es');
    }
  }
});

test('a service with nothing in it says on every page what to do next', async ({ ownServer, open }) => {
  const person = await makePerson(ownServer);
  for (const { who, paths } of [
    { who: person, paths: ['/coupons'] },
    {
      who: ownServer.adminAccount,
      paths: [
        '/overview',
        '/books',
        '/pools',
        '/distribute',
        '/jobs',
        '/history/redemptions',
        '/history/events',
      ],
    },
  ]) {
    const page = await open(who, { server: ownServer });
    for (const path of paths) {
      await page.goto(path);
      await settled(page);
      await expect(page.locator('main .border-dashed').first(), path).toBeVisible();
    }
  }
});

async function tryAgain(page: Page): Promise<void> {
  const buttons = page.getByRole('button', { name: 'Try again' });
  for (let left = await buttons.count(); left > 0; left = await buttons.count()) {
    await buttons.first().click();
    await expect.poll(() => buttons.count()).toBeLessThan(left);
  }
}

async function findings(page: Page): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).analyze();
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`));
}

/** How many pixels of the page are beyond the right edge of the screen. */
function overflow(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

function leaves(words: object): string[] {
  return Object.values(words).flatMap((value: string | object) =>
    typeof value === 'string' ? [value] : leaves(value),
  );
}
