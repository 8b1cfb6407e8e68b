import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { hashFiles } from '../../../scripts/hash-files.ts';
import { takeTurn } from '../../../scripts/turns.mjs';

const root = join(import.meta.dirname, '../../..');

export interface Build {
  /** Of the folder it is kept in. */
  name: string;
  /** What it is made of: files and folders of the clone. */
  sources: string[];
  make: (folder: string) => Promise<unknown>;
}

/**
 * A folder that several test files need, made by the first one. The next run finds it too, until its sources change. Nobody writes to it.
 * @returns its path
 */
export async function keptBuild({ name, sources, make }: Build): Promise<string> {
  const kept = join(root, 'node_modules/.cache', name);
  const hash = hashFiles(sources.map((path) => join(root, path)));
  const folder = join(kept, hash);
  if (existsSync(folder)) return folder;
  const release = await takeTurn(join(kept, 'lock'), `makes ${name}`);
  try {
    if (existsSync(folder)) return folder;
    for (const old of readdirSync(kept))
      if (old !== 'lock') rmSync(join(kept, old), { recursive: true, force: true });
    // Whole or absent: others look for it without taking a turn.
    const next = join(kept, 'next');
    mkdirSync(next);
    await make(next);
    renameSync(next, folder);
    return folder;
  } finally {
    release();
  }
}
