import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Plugin } from 'esbuild';

/**
 * A package that npm has installed in several places, in the same version, is bundled once. npm cannot put Ajv where all find it: another
 * version of it, which ESLint wants, is there.
 */
export const onePackagePerVersion: Plugin = {
  name: 'one-package-per-version',
  setup(build) {
    const first = new Map<string, string>();
    build.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...args }) => {
      if (pluginData === SEEN) return undefined;
      const found = await build.resolve(path, { ...args, pluginData: SEEN });
      if (found.errors.length > 0) return undefined;
      const folder = found.external
        ? undefined
        : /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(found.path)?.[0];
      if (folder === undefined) return found;
      const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
        string,
        string
      >;
      const key = `${name}@${version}`;
      if (!first.has(key)) first.set(key, folder);
      return { ...found, path: join(first.get(key)!, found.path.slice(folder.length)) };
    });
  },
};
const SEEN = Symbol('one-package-per-version');

/**
 * A package that is only loaded when it is needed is bundled as ES modules. As CommonJS, all that `import()` gave of it was `default`: its
 * names were undefined, and what uses AWS failed in a build.
 */
export const lateImportsHaveNames: Plugin = {
  name: 'late-imports-have-names',
  setup(build) {
    build.onResolve({ filter: /^@aws-sdk\// }, async ({ path, kind, pluginData, ...args }) => {
      if (kind !== 'dynamic-import' || pluginData === SEEN) return undefined;
      const found = await build.resolve(path, { ...args, kind, pluginData: SEEN });
      const folder = /^.*\/node_modules\/@[^/]+\/[^/]+/.exec(found.path)![0];
      const { module } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { module: string };
      return { ...found, path: join(folder, module) };
    });
  },
};

/** Of undici only what sends texts over HTTP/1.1 on a connection, by a processor that has SIMD: a third of it. */
export const onlyClientOfUndici: Plugin = {
  name: 'only-client-of-undici',
  setup(build) {
    const namespace = 'client-of-undici';
    build.onResolve({ filter: /^undici$/ }, ({ path, resolveDir }) => ({
      path,
      namespace,
      pluginData: resolveDir,
    }));
    build.onLoad({ filter: /.*/, namespace }, ({ pluginData }) => ({
      contents: `exports.Client = require('undici/lib/dispatcher/client.js');`,
      resolveDir: pluginData as string,
    }));
    build.onLoad({ filter: /\/undici\/lib\/(web\/fetch\/body|llhttp\/llhttp-wasm)\.js$/ }, () => ({
      contents: 'module.exports = {};',
    }));
  },
};

/** Packages that a library imports for what we do not ask of it, with what it gets instead. */
export function leaveOut(instead: Record<string, string>): Plugin {
  return {
    name: 'leave-out',
    setup(build) {
      const namespace = 'left-out';
      build.onResolve({ filter: /^[^./]/ }, ({ path, resolveDir }) =>
        path in instead && resolveDir.includes('/node_modules/') ? { path, namespace } : undefined,
      );
      build.onLoad({ filter: /.*/, namespace }, ({ path }) => ({ contents: instead[path] }));
    },
  };
}
