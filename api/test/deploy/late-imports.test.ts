import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, onTestFinished, test } from 'vitest';
import { bundleOptions } from '../../../scripts/bundle-options.ts';

test.each([
  ['@aws-sdk/client-secrets-manager', 'SecretsManagerClient'],
  ['@aws-sdk/client-sqs', 'SQSClient'],
  ['@aws-sdk/client-eventbridge', 'EventBridgeClient'],
])('a build that loads %s when it is needed gets its %s', async (name, client) => {
  const outdir = mkdtempSync(join(tmpdir(), 'coupon-book-late-'));
  onTestFinished(() => rmSync(outdir, { recursive: true }));
  await build({
    ...bundleOptions,
    stdin: {
      contents: `export const load = () => import('${name}');`,
      resolveDir: join(import.meta.dirname, '../../src'),
    },
    splitting: true,
    outdir,
    outExtension: { '.js': '.mjs' },
  });
  const { load } = (await import(pathToFileURL(join(outdir, 'stdin.mjs')).href)) as {
    load: () => Promise<Record<string, unknown>>;
  };
  expect(await load()).toHaveProperty(client);
});
