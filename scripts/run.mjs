// The one bootstrap of every npm script: `node scripts/run.mjs <file.ts> [arguments]`. It installs what
// package-lock.json names when node_modules differs from it (also of the file's own package, where that has a lock of its
// own), then runs the file with Node ≥ 24 (which runs TypeScript as it is): in this process when it is new enough, else
// with the Node that comes from the lock.
// Plain JavaScript for Node 20: this file is the only one that an older Node has to understand.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const MIN_NODE = 24;
/** Instead of a file: the process that installs, see runInstaller(). */
const INSTALL = '--install';
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundledNode = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');

const [file, ...args] = process.argv.slice(2);
if (!file) fail('Usage: node scripts/run.mjs <file.ts> [arguments]');
if (file === INSTALL) runInstaller(args[0]);
else await runFile();

async function runFile() {
  const packages = [root, join(root, file.split('/')[0])];
  for (const folder of packages)
    if (existsSync(join(folder, 'package-lock.json'))) await installWhenStale(folder);
  if (nodeMajor(process.versions.node) >= MIN_NODE) await runHere();
  else runWithNewerNode();
}

async function runHere() {
  dropRepeatedSignals();
  const path = resolve(root, file);
  process.argv = [process.argv[0], path, ...args];
  await import(pathToFileURL(path).href);
}

function runWithNewerNode() {
  const version =
    existsSync(bundledNode) && spawnSync(bundledNode, ['--version'], { encoding: 'utf8' }).stdout;
  if (!version || nodeMajor(version.slice(1)) < MIN_NODE) {
    fail(
      `Coupon Book needs Node ${MIN_NODE} or newer, this is ${process.version}: get it from https://nodejs.org and try again.`,
    );
  }
  // Through this file again, so that the new process sees to the signals as runHere() does.
  const child = spawn(bundledNode, [...process.execArgv, fileURLToPath(import.meta.url), file, ...args], {
    stdio: 'inherit',
  });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code);
    for (const name of SIGNALS) process.removeAllListeners(name);
    process.kill(process.pid, signal);
  });
}

/**
 * Ctrl-C reaches us from the terminal, again from npm, which forwards it, and again from runWithNewerNode(). A graceful
 * shutdown takes a second signal for impatience and exits at once, so repetitions within half a second are dropped.
 */
function dropRepeatedSignals() {
  const emit = process.emit;
  let lastSignal = -Infinity;
  process.emit = function (event, ...rest) {
    if (event === 'SIGINT' || event === 'SIGTERM' || event === 'SIGHUP') {
      const repeated = performance.now() - lastSignal < 500;
      lastSignal = performance.now();
      if (repeated) return true;
    }
    return emit.call(this, event, ...rest);
  };
}

/** `npm ci` when something the lock names is absent or of another version; npm's own record is written last. */
async function installWhenStale(folder) {
  if (isInstalled(folder)) return;
  const lock = takeInstallLock();
  try {
    if (isInstalled(folder)) return;
    console.error('Installing the dependencies (npm ci) …');
    await install(folder, lock);
  } finally {
    lock.release();
  }
}

/**
 * Installs in a process group of its own, which ends when the pipe to it does: so nothing of it outlives us, whether we are told to end,
 * fail, or are killed.
 */
async function install(folder, lock) {
  const installer = spawn(process.execPath, [fileURLToPath(import.meta.url), INSTALL, folder], {
    stdio: ['pipe', 'ignore', 'inherit'],
    detached: true,
  });
  installer.stdin.on('error', () => {}); // It is gone: its exit tells.
  lock.note(installer.pid);
  let told;
  const end = (signal) => {
    told = signal;
    installer.stdin.destroy();
  };
  for (const signal of SIGNALS) process.on(signal, end);
  const status = await new Promise((done) => {
    installer.on('error', (error) => done(error.message));
    installer.on('exit', done);
  });
  for (const signal of SIGNALS) process.off(signal, end);
  if (told) {
    lock.release();
    process.kill(process.pid, told);
    await new Promise(() => setInterval(() => {}, 1000)); // Until the signal arrives.
  }
  if (status !== 0)
    fail(
      `npm ci did not succeed${typeof status === 'string' ? ` (${status})` : ''}: see above, then try again.`,
    );
}

/** What install() starts: npm, for as long as standard input is open. */
function runInstaller(folder) {
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js')
    ? [process.execPath, process.env.npm_execpath]
    : ['npm'];
  const child = spawn(npm[0], [...npm.slice(1), 'ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code) => process.exit(code ?? 1));
  // With npm and whatever that has started: they are in this group, which is ours.
  process.stdin.on('close', () => process.kill(-process.pid, 'SIGKILL')).resume();
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

/** Two first starts at once: the second waits for the first. A lock whose process is gone is taken over. */
function takeInstallLock() {
  const lock = join(root, '.npm-ci.lock');
  for (let tries = 0; ; tries += 1) {
    try {
      mkdirSync(lock);
      writeFileSync(join(lock, 'pid'), String(process.pid));
      const release = () => rmSync(lock, { recursive: true, force: true });
      process.once('exit', release);
      return { release, note: (pid) => writeFileSync(join(lock, 'installer'), String(pid)) };
    } catch (error) {
      if (error.code !== 'EEXIST')
        fail(
          `Cannot write to ${root} (${error.code}): give this user the right to, or run npm ci there first.`,
        );
    }
    sleep(300);
    const owner = readPid(lock, 'pid');
    if (isRunning(owner)) {
      if (tries === 0) console.error(`Process ${owner} installs the dependencies: waiting for it …`);
      continue;
    }
    // Its installer ends with it, but not in the same instant. (Not for ever: another process may have its number by now.)
    const installer = readPid(lock, 'installer');
    for (let rest = 10_000; rest > 0 && isRunning(installer); rest -= 50) sleep(50);
    rmSync(lock, { recursive: true, force: true });
  }
}

function sleep(ms) {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

function readPid(lock, name) {
  try {
    return Number(readFileSync(join(lock, name), 'utf8'));
  } catch {
    return 0;
  }
}

function isRunning(pid) {
  if (!pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function nodeMajor(version) {
  return Number.parseInt(version, 10);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
