// `npm run screenshots`: the README's pictures, made from demo data in a folder of their own. With `-- --all <folder>`: every
// page, on a desktop and a phone, light and dark, to look at.
import { mkdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import type { Browser, Page } from '@playwright/test';
import { launchChromium, signIn, untilSettled } from './support/browser.ts';
import { ADMIN_EMAIL, PASSWORD, USER_EMAIL, withDemo } from './support/demo.ts';

interface View {
  as: 'admin' | 'user';
  phone?: boolean;
  dark?: boolean;
}

interface Picture extends View {
  name: string;
  /** Goes to what is to be shown. */
  show: (page: Page) => Promise<void>;
}

const MAX_BYTES = 160_000;
const root = join(import.meta.dirname, '../..');

const go = (path: string) => async (page: Page) => void (await page.goto(path));

/** Opens the one of a list that has this name. */
const openBook =
  (name: string, tab = '') =>
  async (page: Page) => {
    await page.goto('/books');
    await page.getByRole('link', { name, exact: true }).first().click();
    await page.waitForURL(/\/books\/[0-9a-f-]{36}/);
    if (tab) await page.goto(`${new URL(page.url()).pathname.split('/').slice(0, 3).join('/')}/${tab}`);
  };

const openCoupon = async (page: Page) => {
  await page.goto('/coupons');
  await page
    .getByRole('link', { name: /^FLASH-|^WEEKEND-|^COFFEE-/ })
    .first()
    .click();
  await page.waitForURL(/\/coupons\/.+/);
};

const PICTURES: Picture[] = [
  { name: 'my-coupons', as: 'user', phone: true, show: go('/coupons') },
  { name: 'coupon', as: 'user', phone: true, dark: true, show: openCoupon },
  { name: 'overview', as: 'admin', show: go('/overview') },
  { name: 'book', as: 'admin', show: openBook('Weekend sale') },
  { name: 'history', as: 'admin', dark: true, show: go('/history/events') },
];

const ALL: Record<View['as'], Omit<Picture, keyof View>[]> = {
  user: [
    { name: 'coupons', show: go('/coupons') },
    { name: 'coupon', show: openCoupon },
    { name: 'account', show: go('/account') },
  ],
  admin: [
    ...[
      'overview',
      'books',
      'books/new',
      'pools',
      'distribute',
      'jobs',
      'history/redemptions',
      'history/events',
      'users',
    ].map((path) => ({ name: path.replace('/', '-'), show: go(`/${path}`) })),
    ...['', 'coupons', 'codes', 'distribute', 'settings'].map((tab) => ({
      name: `book-${tab || 'overview'}`,
      show: openBook('Weekend sale', tab),
    })),
    {
      name: 'pool',
      show: async (page) => {
        await page.goto('/pools');
        await page.getByRole('link', { name: 'Newsletter readers' }).first().click();
      },
    },
    {
      name: 'job',
      show: async (page) => {
        await page.goto('/jobs');
        await page.locator('main a[href^="/jobs/"]').first().click();
      },
    },
  ],
};

const { values } = parseArgs({ options: { all: { type: 'string' }, only: { type: 'string' } } });
const folder = values.all ?? join(root, 'docs/images');
mkdirSync(folder, { recursive: true });

const pictures: Picture[] = values.all
  ? (['user', 'admin'] as const).flatMap((as) =>
      ALL[as].flatMap((picture) =>
        [false, true].flatMap((phone) =>
          [false, true].map((dark) => ({
            ...picture,
            name: `${as}-${picture.name}-${phone ? 'phone' : 'desktop'}-${dark ? 'dark' : 'light'}`,
            as,
            phone,
            dark,
          })),
        ),
      ),
    )
  : PICTURES;

await withDemo(async (url) => {
  const browser = await launchChromium();
  try {
    for (const as of ['user', 'admin'] as const)
      for (const phone of [false, true])
        await takeAll(
          browser,
          url,
          pictures.filter(
            (picture) =>
              picture.as === as && !!picture.phone === phone && picture.name.includes(values.only ?? ''),
          ),
        );
  } finally {
    await browser.close();
  }
});

/** In one context, signed in once. */
async function takeAll(browser: Browser, url: string, wanted: Picture[]): Promise<void> {
  const [first] = wanted;
  if (!first) return;
  const context = await browser.newContext({
    baseURL: url,
    locale: 'en-GB',
    timezoneId: 'Europe/Madrid',
    reducedMotion: 'reduce',
    ...(first.phone
      ? { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }
      : { viewport: { width: 1280, height: 800 } }),
  });
  const page = await context.newPage();
  await signIn(page, url, first.as === 'admin' ? ADMIN_EMAIL : USER_EMAIL, PASSWORD);
  for (const { name, dark, show } of wanted) {
    try {
      await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
      await show(page);
      await untilSettled(page);
      await page.evaluate(() => document.fonts.ready);
      await page.mouse.move(0, 0);
      const path = join(folder, `${name}.png`);
      await page.screenshot({
        path,
        animations: 'disabled',
        caret: 'hide',
        fullPage: values.all !== undefined,
      });
      const { size } = statSync(path);
      console.log(`${relative(process.cwd(), path)} ${Math.round(size / 1000)} kB`);
      if (!values.all && size > MAX_BYTES) throw new Error(`${name} has more than ${MAX_BYTES} bytes`);
    } catch (error) {
      if (!values.all) throw error;
      console.error(`${name}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  await context.close();
}
