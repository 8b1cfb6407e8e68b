// npm runs this after an installation (`prepare`): points Git at .githooks, unless there is no Git, this is CI, or somebody
// has chosen hooks already. It never fails an installation. Plain JavaScript for Node 20.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const git = (...args) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

try {
  if (
    !process.env.CI &&
    process.env.npm_config_dry_run !== 'true' &&
    existsSync(join(root, '.git')) &&
    !hooksPath()
  )
    git('config', 'core.hooksPath', '.githooks');
} catch {
  // No Git, or a configuration that cannot be written: the commit works without the hook too.
}

function hooksPath() {
  try {
    return git('config', 'core.hooksPath').trim();
  } catch {
    return ''; // Git exits with 1 when it is not set.
  }
}
