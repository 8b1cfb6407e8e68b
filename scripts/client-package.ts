import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const README = `# Client of Coupon Book

The API of Coupon Book, typed: every path, body, answer and problem, from its OpenAPI document (\`openapi.json\`, also in here).

\`\`\`js
import { createClient } from '@coupon-book/client';

const client = createClient({ baseUrl: 'https://coupons.example.org', headers: { authorization: \`Bearer \${token}\` } });
const { data, error } = await client.POST('/api/v1/coupons/assign/random', {
  body: { bookId },
  params: { header: { 'Idempotency-Key': crypto.randomUUID() } },
});
\`\`\`

Send an \`Idempotency-Key\` with each write, and repeat with the same key whatever got no answer, or 503.
`;

const INDEX = `import createFetchClient from 'openapi-fetch';

export const createClient = (options) => createFetchClient(options);
`;

const TYPES = `import type { Client, ClientOptions } from 'openapi-fetch';
import type { components, paths } from './schema.js';

export type { components, paths };
/** A client of one installation; \`baseUrl\` is its address without a path. */
export declare const createClient: (options: ClientOptions) => Client<paths>;
`;

/** Writes the package that backends in JavaScript or TypeScript install: the generated types, and openapi-fetch to send requests. */
export function writeClient(folder: string, root: string, version: string): void {
  mkdirSync(folder, { recursive: true });
  const web = JSON.parse(readFileSync(join(root, 'web/package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  const about = {
    name: '@coupon-book/client',
    version,
    description: 'A typed client of the API of Coupon Book',
    license: 'MIT',
    type: 'module',
    exports: { '.': { types: './index.d.ts', default: './index.js' }, './openapi.json': './openapi.json' },
    dependencies: { 'openapi-fetch': web.dependencies['openapi-fetch'] },
  };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
  writeFileSync(join(folder, 'README.md'), README);
  writeFileSync(join(folder, 'index.js'), INDEX);
  writeFileSync(join(folder, 'index.d.ts'), TYPES);
  cpSync(join(root, 'web/src/api/schema.d.ts'), join(folder, 'schema.d.ts'));
  cpSync(join(root, 'api/openapi.json'), join(folder, 'openapi.json'));
  cpSync(join(root, 'LICENSE'), join(folder, 'LICENSE'));
}
