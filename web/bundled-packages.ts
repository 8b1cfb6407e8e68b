import { relative, resolve } from 'node:path';
import type { Plugin } from 'vite';

/** Where the list is in what was built; the server shows no file whose name begins with a dot. */
export const BUNDLED_PACKAGES = '.packages.json';

/** Icons come through a module that Nuxt UI makes up, so no path tells where they are from. */
const ICONS = 'node_modules/@iconify-json/lucide';

/** Notes the folder of every package of which something is in the build: whoever passes the build on owes their licences. */
export function listBundledPackages(root: string): Plugin {
  const folderOf = (path: string) =>
    /^.*node_modules\/(@[^/]+\/)?[^/]+/.exec(relative(root, resolve(import.meta.dirname, path)))?.[0];
  return {
    name: 'list-bundled-packages',
    apply: 'build',
    generateBundle(_options, bundle) {
      const paths = Object.values(bundle).flatMap((file) =>
        file.type === 'chunk'
          ? Object.entries(file.modules)
              .filter(([, { renderedLength }]) => renderedLength > 0)
              .map(([id]) => id.split('?', 1)[0]!)
          : file.originalFileNames,
      );
      const folders = new Set(paths.map(folderOf).filter((folder) => folder !== undefined)).add(ICONS);
      this.emitFile({
        type: 'asset',
        fileName: BUNDLED_PACKAGES,
        source: `${JSON.stringify([...folders].sort(), null, 2)}\n`,
      });
    },
  };
}
