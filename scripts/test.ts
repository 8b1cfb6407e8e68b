import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildWebWhenStale } from './web.ts';

type Report = {
  numPassedTests: number;
  numFailedTests: number;
  testResults: { status: string; assertionResults: unknown[] }[];
};

const root = join(import.meta.dirname, '..');

providePgBouncer();
buildWebWhenStale();
const folder = mkdtempSync(join(tmpdir(), 'coupon-book-report-'));
const { code, passed, failed } = await runVitest(process.argv.slice(2));
rmSync(folder, { recursive: true, force: true });
process.exitCode = code || (failed > 0 ? 1 : 0);
console.log(`${passed} passed, ${failed} failed`);

async function runVitest(args: string[]): Promise<{ code: number; passed: number; failed: number }> {
  const report = join(folder, 'report.json');
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
  const child = spawn(process.execPath, [vitest, 'run', '--root', join(root, 'api'), ...reporters, ...args], {
    stdio: 'inherit',
  });
  // Vitest stops the database on these; we stay to report.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  const [exitCode] = (await once(child, 'exit')) as [number | null];
  const code = exitCode ?? 1;
  const counts = readCounts(report);
  // A run that fails without a failed test (it was killed, or an error escaped) must not look like a success.
  return { code, passed: counts.passed, failed: code !== 0 && counts.failed === 0 ? 1 : counts.failed };
}

function readCounts(path: string): { passed: number; failed: number } {
  try {
    const report = JSON.parse(readFileSync(path, 'utf8')) as Report;
    const broken = report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    );
    return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

/** The tests run through a real PgBouncer too. */
function providePgBouncer(): void {
  if (isInstalled('pgbouncer')) return;
  if (process.getuid?.() === 0 && isInstalled('apt-get')) {
    console.log('Installing PgBouncer for the tests (apt-get) …');
    withoutStartingServices(() => {
      const install = ['install', '-y', '-qq', '--no-install-recommends', 'pgbouncer'];
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      for (const args of [['update', '-qq'], install]) {
        spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
      }
    });
  }
  if (!isInstalled('pgbouncer')) {
    console.error(
      'PgBouncer is absent, so the tests that go through it will fail. Install it: ' +
        'apt-get install pgbouncer (as root), dnf install pgbouncer or brew install pgbouncer.',
    );
  }
}

/** Debian starts what it installs unless this script forbids it: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt */
function withoutStartingServices(install: () => void): void {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return install();
  writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    install();
  } finally {
    rmSync(policy);
  }
}

function isInstalled(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).error === undefined;
}
