import { spawnSync } from 'node:child_process';
import { NotMeasured } from '../program.ts';

/** First line of `command --version`; undefined when it is not installed. */
export function versionOf(command: string): string | undefined {
  const { error, stdout } = spawnSync(command, ['--version'], { encoding: 'utf8' });
  return error ? undefined : stdout.trim().split('\n')[0];
}

/** @throws {NotMeasured} naming the Debian package */
export function requireCommand(command: string, debianPackage: string): void {
  if (versionOf(command) === undefined)
    throw new NotMeasured(`${command} is not installed: apt-get install ${debianPackage}`);
}
