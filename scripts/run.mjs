// The one bootstrap of every npm script: `node scripts/run.mjs <file.ts> [arguments]`. It installs what
// package-lock.json names when node_modules differs from it (also of the file's own package, where that has a lock of its
// own), then runs the file with Node ≥ 24 (which runs TypeScript as it is): in this process when it is new enough, else
// with the Node that comes from the lock.
// Plain JavaScript for Node 20: this file and those that it imports are the only ones that an older Node has to understand.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { installWhenStale } from './install.mjs';

const MIN_NODE = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const bundledNode = join(root, 'node_modules', `node-${process.platform}-${process.arch}`, 'bin', 'node');

const [file, ...args] = process.argv.slice(2);
if (!file) fail('Usage: node scripts/run.mjs <file.ts> [arguments]');

const packages = [root, join(root, file.split('/')[0])];
try {
  for (const folder of packages) await installWhenStale(folder, root);
} catch (error) {
  fail(error.message);
}
if (nodeMajor(process.versions.node) >= MIN_NODE) await runHere();
else runWithNewerNode();

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
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on('error', (error) => fail(error.message));
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code);
    for (const name of signals) process.removeAllListeners(name);
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

function nodeMajor(version) {
  return Number.parseInt(version, 10);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
