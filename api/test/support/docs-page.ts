import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';

const PACKAGE = dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui'));
const LOCAL = /(?:src|href)="([^"]+)"/g;

/** Every file that the documentation page of `server` names is there; those of Swagger UI are whole, also for who reads no Brotli. */
export async function expectDocsPage(server: string): Promise<void> {
  const page = await (await fetch(`${server}/docs`)).text();
  const paths = [...page.matchAll(LOCAL)].map(([, path]) => path!);
  expect(paths.filter((path) => path.includes('/swagger-ui'))).toHaveLength(3);
  for (const path of paths) {
    for (const [accepted, encoding] of [
      ['br, gzip', 'br'],
      ['gzip, br;q=0', null],
      ['identity', null],
    ] as const) {
      const response = await fetch(new URL(path, server), { headers: { 'accept-encoding': accepted } });
      expect(response.status, path).toBe(200);
      const text = await response.text();
      if (!path.includes('/static/swagger-ui')) continue;
      expect(response.headers.get('content-encoding'), path).toBe(encoding);
      expect(response.headers.get('content-type')).toMatch(path.endsWith('.css') ? 'text/css' : 'javascript');
      // Not compared by expect: it would print both.
      expect(text === readFileSync(join(PACKAGE, 'static', path.split('/').at(-1)!), 'utf8'), path).toBe(
        true,
      );
    }
  }
}
