import englishForAdmins from '../../src/i18n/admin.en.ts';
import englishReasons from '../../src/ui/words.adminReasons.en.ts';
import englishForAll from '../../src/i18n/en.ts';
import spanishForAdmins from '../../src/i18n/admin.es.ts';
import spanishForAll from '../../src/i18n/es.ts';
import spanishReasons from '../../src/ui/words.adminReasons.es.ts';
import {
  ADMIN_PAGES,
  addressOf,
  DESKTOP,
  findSideways,
  makeScene,
  PHONE,
  settled,
  USER_PAGES,
} from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

const english = { ...englishForAll, ...englishForAdmins, adminReasons: englishReasons };
const spanish = { ...spanishForAll, ...spanishForAdmins, adminReasons: spanishReasons };

test('every page has all its words in Spanish, and scrolls nothing sideways on a phone', async ({
  server,
  open,
}) => {
  const scene = await makeScene(server);
  const known = new Set(leaves(spanish));
  // Short words may be names, or part of what people typed.
  const foreign = leaves(english).filter(
    (words) => words.length > 11 && !words.includes('{') && !words.includes('|') && !known.has(words),
  );
  expect(foreign.length).toBeGreaterThan(100);
  const key = new RegExp(`\\b(${Object.keys(english).join('|')})\\.[a-z]\\w+`);
  for (const [role, paths] of [
    ['user', USER_PAGES],
    ['admin', ADMIN_PAGES],
  ] as const) {
    const page = await open(scene[role], { language: 'es' });
    for (const path of paths) {
      await page.goto(addressOf(path, scene));
      await settled(page);
      const text = await page.locator('body').innerText();
      const names = await page
        .locator('[aria-label], [placeholder], [title]')
        .evaluateAll((elements) =>
          elements.flatMap((element) =>
            ['aria-label', 'placeholder', 'title'].map((name) => element.getAttribute(name) ?? ''),
          ),
        );
      const all = [text, ...names].join('\n');
      expect(
        foreign.filter((words) => all.includes(words)),
        `English on ${path}`,
      ).toEqual([]);
      expect(all, `a key without words on ${path}`).not.toMatch(key);
      await expect(page.locator('html')).toHaveAttribute('lang', 'es');
      await page.setViewportSize(PHONE);
      expect(await findSideways(page), path).toEqual([]);
      await page.setViewportSize(DESKTOP);
    }
  }
});

test('what is on its way is said to be loading in Spanish', async ({ server, open }) => {
  const scene = await makeScene(server);
  const user = await open(scene.user, { language: 'es' });
  const admin = await open(scene.admin, { language: 'es' });
  for (const [page, path] of [
    [user, '/coupons'],
    [user, '/coupons/:code'],
    [admin, '/books'],
    [admin, '/books/:id'],
    [admin, '/jobs/:id'],
    [admin, '/pools/:id'],
  ] as const) {
    await page.route(/\/api\/v1\/(?!auth|events\/stream)/, () => undefined);
    await page.goto(addressOf(path, scene));
    await expect(page.getByRole('status', { name: 'Cargando' }).first(), path).toBeVisible();
    await expect(page.getByLabel('loading'), path).toHaveCount(0);
  }
});

/** All words of a tree of messages. */
function leaves(messages: object): string[] {
  return Object.values(messages).flatMap((value: string | object) =>
    typeof value === 'string' ? [value] : leaves(value),
  );
}
