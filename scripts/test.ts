// `npm test -- [part of a path …] [-t 'part of a name']`: the API's tests (Vitest) and the browser's (Playwright), beside each other,
// because both wait a lot. Without arguments all of them; a part of a path chooses files of both (`coupons`, `web/e2e`). The last lines
// have what failed and the sums of both.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { parseArgs, stripVTControlCharacters } from 'node:util';
import { provideChromium, provideForApi } from './provide.ts';
import { buildWebWhenStale } from './web.ts';

interface Counts {
  passed: number;
  failed: number;
  /** What failed: its file, its name and the beginning of why. */
  failures: string[];
}

interface Runner {
  files: string;
  provide: () => void;
  /** Runs these files, and writes its report to that path. */
  command: (files: string[], report: string) => { args: string[]; env?: Record<string, string> };
  /** More arguments when the other one runs too. */
  besideAnother: string[];
  /** The counts of its report. */
  count: (report: never) => Counts;
}

const root = join(import.meta.dirname, '..');
const { values, positionals } = parseArgs({
  options: { testNamePattern: { type: 'string', short: 't' } },
  allowPositionals: true,
});
const name = values.testNamePattern;

const vitest: Runner = {
  files: 'api/test/**/*.test.ts',
  provide: provideForApi,
  command: (files, report) => ({
    args: [
      join(root, 'node_modules/vitest/vitest.mjs'),
      ...['run', '--root', join(root, 'api')],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      ...(name === undefined ? [] : ['-t', name, '--passWithNoTests']),
      ...files.map((file) => join(root, file)),
    ],
  }),
  besideAnother: [],
  count: (report: {
    numPassedTests: number;
    numFailedTests: number;
    testResults: {
      name: string;
      status: string;
      message: string;
      assertionResults: { status: string; fullName: string; failureMessages: string[] }[];
    }[];
  }) => {
    const broken = report.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    );
    const failures = report.testResults.flatMap((file) =>
      file.assertionResults
        .filter(({ status }) => status === 'failed')
        .map((test) => describeFailure(file.name, test.fullName, test.failureMessages)),
    );
    for (const { name, message } of broken)
      failures.push(describeFailure(name, 'the file itself', [message]));
    return { passed: report.numPassedTests, failed: report.numFailedTests + broken.length, failures };
  },
};

const playwright: Runner = {
  files: 'web/e2e/**/*.test.ts',
  provide: provideChromium,
  command: (files, report) => ({
    args: [
      join(root, 'node_modules/@playwright/test/cli.js'),
      ...['test', '--config', join(root, 'web/e2e')],
      ...(name === undefined ? [] : ['--grep', name, '--pass-with-no-tests']),
      ...files.map((file) => `${file}$`),
    ],
    env: { E2E_REPORT: report },
  }),
  // The API's tests keep three processes for two cores (see its vitest.config.ts); with these they end at about the same time.
  besideAnother: [`--workers=${Math.ceil(availableParallelism() / 2)}`],
  count: ({ stats, suites }: PlaywrightReport) => ({
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky,
    failures: suites.flatMap(failuresOf),
  }),
};

interface PlaywrightSuite {
  file: string;
  specs: { title: string; ok: boolean; tests: { results: { errors: { message?: string }[] }[] }[] }[];
  suites?: PlaywrightSuite[];
}

interface PlaywrightReport {
  stats: { expected: number; unexpected: number; flaky: number };
  suites: PlaywrightSuite[];
}

const chosen = [vitest, playwright]
  .map((runner) => ({ runner, files: globSync(runner.files, { cwd: root }).filter(isChosen).sort() }))
  .filter(({ files }) => files.length > 0);

const sums: Counts = { passed: 0, failed: 0, failures: [] };
if (chosen.length === 0) {
  console.error(`No test file has ${positionals.join(' or ')} in its path.`);
  sums.failed = 1;
}
for (const { runner } of chosen) runner.provide();
await buildWebWhenStale();
const counts = chosen.map(({ runner, files }) => run(runner, positionals.length === 0 ? [] : files));
for (const { passed, failed, failures } of await Promise.all(counts)) {
  sums.passed += passed;
  sums.failed += failed;
  sums.failures.push(...failures);
}
process.exitCode = sums.failed > 0 ? 1 : 0;
// Whoever sees only the end of a long log still learns what failed.
for (const failure of sums.failures.slice(0, 20)) console.log(`FAILED ${failure}`);
console.log(`${sums.passed} passed, ${sums.failed} failed`);

function isChosen(path: string): boolean {
  return positionals.length === 0 || positionals.some((part) => path.includes(part));
}

function describeFailure(file: string, test: string, messages: string[]): string {
  const lines = stripVTControlCharacters(messages.join('\n')).trim().split('\n');
  const why = lines.filter((line) => !line.includes('node_modules')).slice(0, 12);
  return `${relative(root, file)} › ${test}\n    ${why.join('\n    ').slice(0, 1500)}`;
}

function failuresOf({ file, specs, suites = [] }: PlaywrightSuite): string[] {
  const own = specs
    .filter(({ ok }) => !ok)
    .map(({ title, tests }) => {
      const errors = tests.flatMap(({ results }) => results.flatMap((result) => result.errors));
      return describeFailure(
        join(root, 'web/e2e', file),
        title,
        errors.slice(0, 1).map(({ message }) => message ?? ''),
      );
    });
  return [...own, ...suites.flatMap(failuresOf)];
}

async function run({ command, besideAnother, count }: Runner, files: string[]): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-report-'));
  const report = join(folder, 'report.json');
  const { args, env } = command(files, report);
  const alone = chosen.length === 1;
  const child = spawn(process.execPath, alone ? args : [...args, ...besideAnother], {
    // Each would draw over the other's lines in a terminal.
    stdio: alone ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    env: {
      // Of the many processes that the tests start, the later ones need not compile what the first have: a third of a start's time.
      NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled'),
      ...(!alone && process.stdout.isTTY && { FORCE_COLOR: '1' }),
      ...process.env,
      ...env,
    },
  });
  if (child.stdout && child.stderr) {
    passLines(child.stdout, process.stdout);
    passLines(child.stderr, process.stderr);
  }
  // They stop their servers on these; we stay to report.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of signals) process.on(signal, pass);
  const [code] = (await once(child, 'close')) as [number | null];
  for (const signal of signals) process.off(signal, pass);
  const counts = readCounts(report, count);
  rmSync(folder, { recursive: true, force: true });
  // A run that fails without a failed test (it was killed, or an error escaped) must not look like a success.
  return { ...counts, failed: code !== 0 && counts.failed === 0 ? 1 : counts.failed };
}

/** Hands output on by whole lines, so that those of two runners do not come into each other. */
function passLines(from: Readable, to: Writable): void {
  let rest = '';
  from.setEncoding('utf8');
  from.on('data', (chunk: string) => {
    const end = chunk.lastIndexOf('\n') + 1;
    if (end > 0) to.write(rest + chunk.slice(0, end));
    rest = end > 0 ? chunk.slice(end) : rest + chunk;
  });
  from.on('end', () => to.write(rest));
}

function readCounts(path: string, count: Runner['count']): Counts {
  try {
    return count(JSON.parse(readFileSync(path, 'utf8')) as never);
  } catch {
    return { passed: 0, failed: 0, failures: [] };
  }
}
