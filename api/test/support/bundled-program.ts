import { basename, join, relative } from 'node:path';
import { bundlePrograms, PROGRAMS } from '../../../scripts/programs.ts';
import { buildWebWhenStale } from '../../../scripts/web.ts';
import { keptBuild } from './kept-build.ts';

const root = join(import.meta.dirname, '../../..');
const ENTRY_POINTS = [...PROGRAMS, 'api/demo/demo.ts', 'api/test/support/test-jobs-process.ts'];

let folder: Promise<string> | undefined;

/**
 * The program that `source` becomes in a build (see scripts/build.ts); any other file as it is. Tests start more than a hundred processes,
 * and a bundle starts in a third of the time of its sources.
 */
export async function bundledProgram(source: string): Promise<string> {
  if (!ENTRY_POINTS.includes(relative(root, source))) return source;
  return join(await (folder ??= bundle()), `${basename(source, '.ts')}.js`);
}

async function bundle(): Promise<string> {
  await buildWebWhenStale();
  return keptBuild({
    name: 'programs',
    sources: [
      ...[
        'api/src',
        'api/demo',
        'api/test/support',
        'api/migrations',
        'api/openapi.json',
        'api/package.json',
      ],
      ...['scripts', 'web/dist/.built-from', 'package.json', 'package-lock.json', 'LICENSE'],
    ],
    make: (to) => bundlePrograms(to, ENTRY_POINTS),
  });
}
