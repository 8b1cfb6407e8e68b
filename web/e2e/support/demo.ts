import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ADMIN, PASSWORD, SHOPPER } from '../../../api/demo/people.ts';
import { startServer } from '../../../api/race/server-process.ts';
import { buildWebWhenStale } from '../../../scripts/web.ts';

const DEMO = fileURLToPath(new URL('../../../api/demo/demo.ts', import.meta.url));

export const ADMIN_EMAIL = ADMIN.email;
export const USER_EMAIL = SHOPPER;
export { PASSWORD };

/** Runs `use` with the address of a demo of its own, and removes it afterwards. */
export async function withDemo(use: (url: string) => Promise<void>): Promise<void> {
  await buildWebWhenStale();
  const dataDir = mkdtempSync(join(tmpdir(), 'coupon-book-demo-'));
  const server = await startServer({
    file: DEMO,
    env: { DATA_DIR: join(dataDir, 'data'), RATE_LIMIT_SCALE: '1000', DRAIN_SECONDS: '0' },
  });
  try {
    await until(() => server.output().includes('The demo is ready'), server.exited, server.output);
    await use(server.url.replace('127.0.0.1', 'localhost'));
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function until(holds: () => boolean, exited: Promise<unknown>, output: () => string): Promise<void> {
  let ended = false;
  void exited.then(() => (ended = true));
  while (!holds()) {
    if (ended) throw new Error(`The demo ended. It printed:\n${output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
