import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const SCRIPT = fileURLToPath(new URL('../../../scripts/build-lambda.ts', import.meta.url));

/** The functions as they are sent to AWS, but for this kind of machine. @returns the folder, which is made */
export async function bundleFunctions(folder: string): Promise<string> {
  await promisify(execFile)(process.execPath, [SCRIPT, '--arch', process.arch, '--out', folder]);
  return folder;
}
