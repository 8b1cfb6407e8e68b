import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from '@playwright/test';
import type { AxeResults } from 'axe-core';

const source = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * The serious and critical findings of axe, as text. It runs in the page and brings back nothing else: the builder of
 * @axe-core/playwright, which brings everything, took 4 to 8 s for what takes 0.7 to 1.5 s this way.
 */
export async function findBarriers(page: Page): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(source);
  await page.evaluate(untilStill);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run: (options: object) => Promise<AxeResults> } };
    // Without preload: it would ask for the style sheets once more, for a rule about screens that turn.
    const { violations } = await axe.run({ preload: false, resultTypes: ['violations'] });
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, help, nodes }) => nodes.map(({ html }) => `${id}: ${help}: ${html.slice(0, 200)}`));
  });
}

/** In the page: waits until its fonts are there and nothing is half faded, of which axe would measure the contrast. */
async function untilStill(): Promise<void> {
  await document.fonts.ready;
  const moving = () =>
    document
      .getAnimations()
      .filter(
        ({ playState, effect }) =>
          playState === 'running' && effect?.getComputedTiming().endTime !== Infinity,
      );
  for (let animations = moving(); animations.length > 0; animations = moving())
    await Promise.allSettled(animations.map(({ finished }) => finished));
}
