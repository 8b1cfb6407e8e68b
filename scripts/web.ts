import { fork } from 'node:child_process';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { hashFiles } from './hash-files.ts';
import { takeTurn } from './turns.mjs';

const root = join(import.meta.dirname, '..');
const web = join(root, 'web');
const dist = join(web, 'dist');

/** Files that the web app is built from, beside what the lock names. */
const SOURCES = [
  'src',
  'public',
  'index.html',
  'vite.config.ts',
  'bundled-packages.ts',
  'precompile-messages.ts',
  'package.json',
  '../package-lock.json',
];

/** Builds the web app into web/dist when what is there was built from something else. */
export async function buildWebWhenStale(): Promise<void> {
  if (hashOfSources() === builtFrom()) return;
  const release = await takeTurn(join(web, '.dist-lock'), 'builds the web app');
  try {
    if (hashOfSources() === builtFrom()) return;
    console.error('Building the web app …');
    // In a process of its own, whose memory ends with it; it ends with this one too, also by kill -9.
    const [status] = (await once(fork(join(import.meta.dirname, 'build-web.ts')), 'exit')) as [number | null];
    if (status !== 0) throw new Error('the web app could not be built: see above');
  } finally {
    release();
  }
}

/** Builds next to web/dist and swaps, so that a server which runs meanwhile never serves half of it. */
export async function buildWeb(): Promise<void> {
  const hash = hashOfSources();
  const { build } = await import('vite');
  const { compress } = await import('./compress.ts');
  const next = join(web, `.dist-${process.pid}`);
  try {
    await build({
      configFile: join(web, 'vite.config.ts'),
      logLevel: 'warn',
      build: { outDir: next, emptyOutDir: true },
    });
    await compress(next);
    writeFileSync(join(next, '.built-from'), hash);
    rmSync(dist, { recursive: true, force: true });
    renameSync(next, dist);
  } finally {
    rmSync(next, { recursive: true, force: true });
  }
}

const hashOfSources = () => hashFiles(SOURCES.map((source) => join(web, source)));

function builtFrom(): string | undefined {
  try {
    return readFileSync(join(dist, '.built-from'), 'utf8');
  } catch {
    return undefined;
  }
}
