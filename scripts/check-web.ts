// Builds the web app when it is stale (which also writes the types of its components), then checks its types.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { buildWebWhenStale } from './web.ts';

const root = join(import.meta.dirname, '..');

await buildWebWhenStale();
const vueTsc = join(root, 'node_modules/vue-tsc/bin/vue-tsc.js');
const incremental = ['--incremental', '--tsBuildInfoFile', join(root, 'node_modules/.cache/vue-tsc')];
const { status } = spawnSync(
  process.execPath,
  [vueTsc, '--noEmit', ...incremental, '--project', join(root, 'web')],
  { stdio: 'inherit' },
);
process.exitCode = status ?? 1;
