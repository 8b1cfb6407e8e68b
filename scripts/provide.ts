import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findInstalledPostgres } from '../api/test/support/installed-postgres.ts';
import { findChromium } from '../web/e2e/support/chromium.ts';

/** What tests need of the system, beside Node. */
interface Need {
  name: string;
  isThere: () => boolean;
  /** Debian's names: the first group that can be installed. */
  packages: string[][];
  /** What cannot be tested without it, and how to get it. */
  advice: string;
}

const pgbouncer: Need = {
  name: 'PgBouncer',
  isThere: () => spawnSync('pgbouncer', ['--version'], { stdio: 'ignore' }).error === undefined,
  packages: [['pgbouncer']],
  advice:
    'the tests that go through it will fail. Install it: ' +
    'apt-get install pgbouncer (as root), dnf install pgbouncer or brew install pgbouncer.',
};

const postgres: Need = {
  name: 'PostgreSQL',
  isThere: () => findInstalledPostgres() !== undefined,
  packages: [['postgresql']],
  advice:
    'the test of EMBEDDED_POSTGRES_BIN will fail. Install it: ' +
    'apt-get install postgresql (as root), dnf install postgresql-server or brew install postgresql@18.',
};

const promtool: Need = {
  name: 'promtool',
  isThere: () => spawnSync('promtool', ['--version'], { stdio: 'ignore' }).error === undefined,
  packages: [['prometheus']],
  advice:
    'the tests of the alerts will fail. Install it: ' +
    'apt-get install prometheus (as root), dnf install golang-github-prometheus or brew install prometheus.',
};

const chromium: Need = {
  name: 'Chromium',
  isThere: () => findChromium() !== undefined,
  packages: [
    ['chromium-headless-shell', 'fonts-liberation'],
    ['chromium', 'fonts-liberation'],
  ],
  advice:
    'the browser tests will fail. Install it: apt-get install chromium (as root), dnf install chromium, ' +
    'or npx playwright install chromium anywhere.',
};

/** The API's tests run through a real PgBouncer too, on a PostgreSQL of the system's, and try the alerts in promtool. */
export const provideForApi = () => [pgbouncer, postgres, promtool].forEach(provide);
/** The browser's tests run in a real Chromium. */
export const provideChromium = () => provide(chromium);

function provide({ name, isThere, packages, advice }: Need): void {
  if (isThere()) return;
  if (mayBeRoot && existsSync('/usr/bin/apt-get')) {
    console.log(`Installing ${name} for the tests (apt-get) …`);
    withoutStartingServices(() => {
      for (let attempt = 1; attempt <= 3 && !isThere(); attempt += 1) {
        asRoot(['apt-get', 'update', '-qq']);
        packages.some((group) =>
          asRoot([
            ...['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '-qq'],
            ...['--no-install-recommends', ...group],
          ]),
        );
      }
    });
  }
  if (!isThere()) console.error(`${name} is absent: ${advice}`);
}

/** CI may become root without being asked; on anybody's own machine only root installs. */
const isRoot = process.getuid?.() === 0;
const mayBeRoot = isRoot || process.env.CI === 'true';

function asRoot([command, ...args]: string[], input = ''): boolean {
  const [program, ...all] = isRoot ? [command!, ...args] : ['sudo', '-n', command!, ...args];
  return spawnSync(program!, all, { input, stdio: ['pipe', 'ignore', 'inherit'] }).status === 0;
}

/** Debian starts what it installs unless this script forbids it: https://people.debian.org/~hmh/invokerc.d-policyrc.d-specification.txt */
function withoutStartingServices(install: () => void): void {
  const policy = '/usr/sbin/policy-rc.d';
  if (existsSync(policy)) return install();
  asRoot(['tee', policy], '#!/bin/sh\nexit 101\n');
  asRoot(['chmod', '755', policy]);
  try {
    install();
  } finally {
    asRoot(['rm', '-f', policy]);
  }
}
