import englishForAdmins from '../../src/i18n/admin.en.ts';
import englishReasons from '../../src/ui/words.adminReasons.en.ts';
import englishForAll from '../../src/i18n/en.ts';
import spanishForAdmins from '../../src/i18n/admin.es.ts';
import spanishForAll from '../../src/i18n/es.ts';
import spanishReasons from '../../src/ui/words.adminReasons.es.ts';
import {
  ADMIN_PAGES,
  addressOf,
  findSideways,
  PHONE,
  sceneOf,
  settled,
  USER_PAGES,
} from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

const english = { ...englishForAll, ...englishForAdmins, adminReasons: englishReasons };
const spanish = { ...spanishForAll, ...spanishForAdmins, adminReasons: spanishReasons };

const known = new Set(leaves(spanish));
/** Short words may be names, or part of what people typed. */
const foreign = leaves(english).filter(
  (words) => words.length > 11 && !words.includes('{') && !words.includes('|') && !known.has(words),
);
const key = new RegExp(`\\b(${Object.keys(english).join('|')})\\.[a-z]\\w+`);

for (const { role, path } of [
  ...USER_PAGES.map((path) => ({ role: 'user' as const, path })),
  ...ADMIN_PAGES.map((path) => ({ role: 'admin' as const, path })),
])
  test(`${path} has all its words in Spanish, and scrolls nothing sideways on a phone`, async ({
    server,
    open,
  }) => {
    expect(foreign.length).toBeGreaterThan(100);
    const scene = await sceneOf(server);
    const page = await open(scene[role], { at: addressOf(path, scene), language: 'es', kept: true });
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
    expect(foreign.filter((words) => all.includes(words))).toEqual([]);
    expect(all, 'a key without words').not.toMatch(key);
    await expect(page.locator('html')).toHaveAttribute('lang', 'es');
    await page.setViewportSize(PHONE);
    expect(await findSideways(page)).toEqual([]);
  });

test('what is on its way is said to be loading in Spanish', async ({ server, open }) => {
  const scene = await sceneOf(server);
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
