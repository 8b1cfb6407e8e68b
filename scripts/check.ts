// `npm run check`: everything that can be said of the code without running its tests. One line per step, and the output of
// those that fail. Changes nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (path: string) => join(root, 'node_modules', path);
/** What a step found the last time, so that it looks again only at what has changed. A fresh clone, as in CI, has none. */
const cache = (name: string) => join(root, 'node_modules/.cache', name);

/** What each step runs with Node; the longest first, since two run at a time. */
const steps: Record<string, string[]> = {
  lint: [
    bin('eslint/bin/eslint.js'),
    '--cache',
    '--cache-strategy=content',
    `--cache-location=${cache('eslint')}`,
    '.',
  ],
  types: [bin('typescript/bin/tsc'), '--project', '.', '--incremental', '--tsBuildInfoFile', cache('tsc')],
  web: [join(root, 'scripts/check-web.ts')],
  sql: [join(root, 'api/sql/check.ts')],
  generated: [join(root, 'scripts/generate.ts'), '--check'],
  format: [
    bin('prettier/bin/prettier.cjs'),
    '--check',
    '--cache',
    `--cache-location=${cache('prettier-check')}`,
    '--log-level=warn',
    '.',
  ],
  unused: [bin('knip/bin/knip.js')],
  documents: [join(root, 'scripts/check-documents.ts')],
};

const CONCURRENCY = 2;

const waiting = Object.entries(steps);
const failures: string[] = [];
const started = performance.now();
await Promise.all(
  Array.from({ length: CONCURRENCY }, async () => {
    for (let step = waiting.shift(); step; step = waiting.shift()) await runStep(...step);
  }),
);

for (const failure of failures) console.error(`\n${failure}`);
const total = secondsSince(started);
if (failures.length === 0) console.log(`All ${Object.keys(steps).length} checks passed in ${total} s`);
else {
  console.error(`${failures.length} of ${Object.keys(steps).length} checks failed, ${total} s`);
  process.exitCode = 1;
}

async function runStep(name: string, args: string[]): Promise<void> {
  const begin = performance.now();
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  console.log(`${code === 0 ? 'ok    ' : 'FAILED'}  ${name.padEnd(10)} ${secondsSince(begin)} s`);
  if (code !== 0) failures.push(`--- ${name}\n${output.trim() || `ended with ${code}`}`);
}

function secondsSince(time: number): string {
  return ((performance.now() - time) / 1000).toFixed(1);
}
