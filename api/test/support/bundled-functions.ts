import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { keptBuild } from './kept-build.ts';

const SCRIPT = join(import.meta.dirname, '../../../scripts/build-lambda.ts');

/** The functions as they are sent to AWS, but for this kind of machine. @returns their folder */
export const bundledFunctions = (): Promise<string> =>
  keptBuild({
    name: 'functions',
    sources: ['api/src', 'api/migrations', 'scripts', 'package.json', 'package-lock.json'],
    make: (folder) =>
      promisify(execFile)(process.execPath, [SCRIPT, '--arch', process.arch, '--out', folder]),
  });
