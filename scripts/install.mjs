// Installs what package-lock.json names (npm ci), for run.mjs. Plain JavaScript for Node 20.
//
// npm runs below a guard (this file as a program), which leads a process group of its own: it ends the whole group when the pipe from
// its parent closes, so npm ends with whoever started it, also by kill -9. Starts at the same time take turns, and count a guard that
// is still about to end.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { announce, takeTurn } from './turns.mjs';

const SELF = fileURLToPath(import.meta.url);
const SIGNALS = ['SIGHUP', 'SIGINT', 'SIGTERM'];

if (process.argv[1] === SELF) guard(process.argv[2], Number(process.argv[3]));

/**
 * `npm ci` in `folder` when something its lock names is absent or of another version. A signal meanwhile ends npm and this process.
 * @param root where starts of the same clone meet to take turns
 */
export async function installWhenStale(folder, root) {
  if (!existsSync(join(folder, 'package-lock.json')) || isInstalled(folder)) return;
  // From now on: one that waits for its turn leaves nothing behind either.
  let npm;
  let release = () => undefined;
  const end = (signal) => {
    npm?.stdin.destroy();
    const exit = () => {
      release();
      for (const name of SIGNALS) process.off(name, end);
      process.kill(process.pid, signal);
    };
    if (npm) npm.once('close', exit);
    else exit();
  };
  for (const signal of SIGNALS) process.on(signal, end);
  const lock = join(root, '.npm-ci.lock');
  release = await takeTurn(lock, 'installs the dependencies');
  try {
    if (isInstalled(folder)) return;
    console.error('Installing the dependencies (npm ci) …');
    // npm writes its record last, and might remove the one of before after other things.
    rmSync(join(folder, 'node_modules', '.package-lock.json'), { force: true });
    npm = spawn(process.execPath, [SELF, lock, String(process.pid)], {
      cwd: folder,
      detached: true,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    npm.stdin.on('error', () => undefined);
    const status = await new Promise((done) => {
      npm.once('error', (error) => done(error.message));
      npm.once('close', (code, signal) => done(signal ?? code));
    });
    // The guard was killed, and npm with its parent would go on.
    if (npm.pid && typeof status === 'string') killGroup(npm.pid);
    npm = undefined;
    if (status !== 0) throw new Error(`npm ci did not succeed (${status}): see above, then try again.`);
  } finally {
    release();
    for (const signal of SIGNALS) process.off(signal, end);
  }
}

/** As a program: npm ci, and the end of the group when the parent ends. */
function guard(lock, parent) {
  announce(lock);
  if (process.ppid !== parent) process.exit(1); // It ended before others could see this process in its place.
  for (const signal of SIGNALS) process.on(signal, () => undefined); // The parent decides.
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  const args = [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const child = spawn(npm[0], args, { stdio: ['ignore', 'ignore', 'inherit'] });
  process.stdin.on('error', () => undefined);
  process.stdin.once('end', () => killGroup(process.pid)).resume();
  child.once('error', (error) => {
    console.error(error.message);
    process.exit(1);
  });
  child.once('close', (code) => process.exit(code ?? 1));
}

function killGroup(leader) {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function isInstalled(folder) {
  const installed = readJson(join(folder, 'node_modules', '.package-lock.json'))?.packages;
  if (!installed) return false;
  return Object.entries(readJson(join(folder, 'package-lock.json')).packages).every(([path, wanted]) => {
    if (!path.startsWith('node_modules/') || wanted.optional || wanted.devOptional) return true;
    if (wanted.dev && process.env.NODE_ENV === 'production') return true; // npm ci leaves these out then.
    return wanted.link ? path in installed : installed[path]?.version === wanted.version;
  });
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}
