import { defineConfig } from '@playwright/test';
import { findChromium } from './support/chromium.ts';

export default defineConfig({
  testDir: '.',
  testMatch: '**/*.test.ts',
  outputDir: '../test-results',
  globalSetup: './support/postgres.ts',
  fullyParallel: true,
  // Each worker has a server of its own, and a Chromium is two or three busy processes. Beside the API's tests one: see scripts/test.ts.
  workers: 2,
  // Long enough for a machine with more to do; nothing waits when it works.
  timeout: 300_000,
  expect: { timeout: 60_000 },
  forbidOnly: true,
  reporter: [
    ['list'],
    ...(process.env.E2E_REPORT ? [['json', { outputFile: process.env.E2E_REPORT }] as const] : []),
  ],
  use: {
    browserName: 'chromium',
    locale: 'en-GB',
    timezoneId: 'Europe/Madrid',
    viewport: { width: 1280, height: 800 },
    contextOptions: { reducedMotion: 'reduce' },
    actionTimeout: 60_000,
    screenshot: 'only-on-failure',
    // A trace is worth its time when something is being looked for: `--trace on`.
    trace: 'off',
    launchOptions: {
      executablePath: findChromium(),
      // Playwright switches off what else calls home (background networking, updates, sync).
      args: ['--disable-quic', '--disable-gpu'],
    },
  },
});
