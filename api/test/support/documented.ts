import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const OPERATIONS = readFileSync(join(import.meta.dirname, '../../../docs/operations.md'), 'utf8');

/** The block of commands that docs/operations.md has under this name. */
export function documented(name: string, language = 'sh'): string {
  const block = new RegExp(`<!-- ${name} -->\n+\`\`\`${language}\n([^\`]*)\`\`\``).exec(OPERATIONS);
  if (!block) throw new Error(`docs/operations.md has no commands named ${name}`);
  return block[1]!;
}
