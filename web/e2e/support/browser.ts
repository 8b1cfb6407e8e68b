import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page, type Request } from '@playwright/test';
import { findChromium } from './chromium.ts';

const ARGS = ['--disable-quic', '--disable-gpu'];

/** A Chromium for a program that is no test: it asks nobody but the server that it is sent to. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findChromium(), args: ARGS });
}

/**
 * A Chromium in which somebody is signed in, also for whoever opens a page through its port: in its own context, not one of Playwright's.
 * @param port on which it can be told what to do, by others than Playwright
 */
export async function launchSignedIn(
  port: number,
  url: string,
  email: string,
  password: string,
): Promise<AsyncDisposable> {
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-chromium-'));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: findChromium(),
    args: [...ARGS, `--remote-debugging-port=${port}`],
  });
  const page = await context.newPage();
  await signIn(page, url, email, password);
  await untilSettled(page);
  await page.close();
  return {
    async [Symbol.asyncDispose]() {
      await context.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Signs in by the form, as a person does. */
export async function signIn(page: Page, url: string, email: string, password: string): Promise<void> {
  await page.goto(`${url}/sign-in`);
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((address) => !address.pathname.startsWith('/sign-in'));
}

/** Waits until a page has its heading and is not waiting for content. */
export async function untilSettled(page: Page): Promise<void> {
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.waitForFunction(() => document.querySelectorAll('[aria-busy="true"]').length === 0);
}

/** The scripts that a context loads, by address; the answer waits until all that were asked for are there. */
export function watchScripts(context: BrowserContext): () => Promise<Map<string, Buffer>> {
  const bodies: Promise<[string, Buffer]>[] = [];
  context.on('request', (request) => {
    if (request.resourceType() !== 'script') return;
    bodies.push(bodyOf(request).then((body) => [new URL(request.url()).pathname, body]));
  });
  return async () => {
    // A script may ask for others.
    for (let known = -1; known < bodies.length;) {
      known = bodies.length;
      await Promise.all(bodies);
    }
    return new Map(await Promise.all(bodies));
  };
}

async function bodyOf(request: Request): Promise<Buffer> {
  const response = await request.response();
  if (!response) throw new Error(`${request.url()} was not answered`);
  return response.body();
}
