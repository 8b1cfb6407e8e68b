import { giveCoupon, makeBook, makePerson } from '../support/scene.ts';
import { settled } from '../support/pages.ts';
import { expect, test } from '../support/test.ts';

const PAGE = 12;

test('coupons are drawn a row at a time until all are there; focus and place in the list are kept', async ({
  server,
  open,
}) => {
  const person = await makePerson(server);
  const book = await makeBook(server, PAGE + 5);
  for (let given = 0; given < PAGE + 3; given += 1) await giveCoupon(server, book, person);
  const page = await open(person, { at: '/account' });
  await settled(page);
  const cards = page.getByRole('main').getByRole('article');

  // How many cards each drawing has added.
  await page.evaluate(() => {
    const added: number[] = ((window as unknown as { added: number[] }).added = []);
    new MutationObserver((records) => {
      const nodes = records.flatMap((record) => [...record.addedNodes]);
      const count = nodes.flatMap((node) =>
        node instanceof Element ? [...node.querySelectorAll('article')] : [],
      ).length;
      if (count > 0) added.push(count);
    }).observe(document.body, { childList: true, subtree: true });
  });
  const added = () => page.evaluate(() => (window as unknown as { added: number[] }).added);

  await page.getByRole('link', { name: 'Coupon Book' }).click();
  await expect(cards).toHaveCount(PAGE);
  expect(await added()).toEqual([2, 2, 2, 2, 2, 2]);

  // Nothing that has the focus is drawn anew while others come in.
  const more = page.getByRole('main').getByRole('button', { name: 'Load more' }).last();
  await more.focus();
  await page.keyboard.press('Enter');
  await expect(cards).toHaveCount(PAGE + 3);
  expect((await added()).slice(6)).toEqual([2, 1]);
  const last = cards.last().getByRole('link').last();
  await last.focus();
  await giveCoupon(server, book, person);
  await expect(cards).toHaveCount(PAGE + 4);
  await expect(last).toBeFocused();

  // Back from a coupon, all of the list is there, and the page where it was.
  await page.evaluate(() => {
    const note = () => ((window as unknown as { place: number }).place = window.scrollY);
    window.addEventListener('keydown', note, { capture: true, once: true });
  });
  await page.keyboard.press('Enter');
  await expect(page.getByRole('link', { name: /Back|My coupons/ }).first()).toBeVisible();
  const place = await page.evaluate(() => (window as unknown as { place: number }).place);
  expect(place).toBeGreaterThan(0);
  await page.goBack();
  await expect(cards).toHaveCount(PAGE + 4);
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBe(place);
});
