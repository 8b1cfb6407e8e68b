import { execFile } from 'node:child_process';
import { chmodSync, chownSync, copyFileSync, globSync, lstatSync, mkdirSync, mkdtempSync } from 'node:fs';
import { readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type ServerOptions, startServer } from '../../race/server-process.ts';
import { migrate } from '../../src/database/migrate.ts';
import { findAccount } from '../../src/embedded-postgres/account.ts';
import { createTestDatabase } from '../support/database.ts';
import { startDurablePostgres } from '../support/durable-postgres.ts';
import { expectDocsPage } from '../support/docs-page.ts';
import { findInstalledPostgres } from '../support/installed-postgres.ts';
import { type ServerProcess, untilReady } from '../support/server.ts';
import { rowsOf } from '../support/stage.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const isRoot = process.getuid?.() === 0;
/** As in the image: an account that has no name and owns nothing. Only root can start a program under another one. */
const stranger = isRoot ? { uid: 10_001, gid: 10_001 } : {};
const ADMIN = { ADMIN_EMAIL: 'boss@example.org', ADMIN_PASSWORD: 'a password of the boss' };

/** As the image has it: `node`, and `app` that nobody can write to. */
let layout: string;
let files: Record<string, number>;
const app = () => join(layout, 'app');

beforeAll(async () => {
  layout = mkdtempSync(join(tmpdir(), 'coupon-book-artifact-'));
  chmodSync(layout, 0o755);
  copyFileSync(process.execPath, join(layout, 'node'));
  await run(process.execPath, ['scripts/build.ts', '--out', app()], { cwd: root });
  await run('chmod', ['-R', 'a+rX,a-w', app()]);
  files = timesOf(app());
});
afterAll(async () => {
  await run('chmod', ['-R', 'u+w', layout]);
  rmSync(layout, { recursive: true });
});

/** When each file and folder was last changed. */
function timesOf(folder: string): Record<string, number> {
  return Object.fromEntries(
    ['.', ...globSync('**', { cwd: folder })].map((name) => [name, lstatSync(join(folder, name)).ctimeMs]),
  );
}

/** Starts a program of the artifact with nothing else in reach: neither npm nor the clone. */
async function start(options: ServerOptions = {}, program = 'monolith.js'): Promise<ServerProcess> {
  const server = await startServer({
    node: join(layout, 'node'),
    file: join(app(), program),
    cwd: '/',
    ...stranger,
    ...options,
    env: { PATH: '/nowhere', DRAIN_SECONDS: '0', RATE_LIMIT_SCALE: '1000', ...ADMIN, ...options.env },
  });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await server.exited;
  });
  return server;
}

async function goJourneys(url: string, ...parts: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, ['api/journeys/journeys.ts', '--url', url, ...parts], {
    cwd: root,
    env: { ...process.env, ...ADMIN },
  });
  return stdout.trim().split('\n').at(-1)!;
}

test('it runs from a folder that nobody can write to, under an account without a name, and takes all journeys', async () => {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const server = await start({ env: { DATABASE_URL: database.url } });
  await untilReady(server);
  expect(await goJourneys(server.url)).toMatch(/^[1-9]\d* passed, 0 failed$/);
  const page = await fetch(server.url, { headers: { accept: 'text/html' } });
  expect(await page.text()).toContain('<div id="app"');
  await expectDocsPage(server.url);
  expect(await server.stop()).toBe(0);
  expect(timesOf(app())).toEqual(files);
});

test('it runs with an embedded PostgreSQL, whose programs are those that are installed', async () => {
  const bin = findInstalledPostgres()!;
  const dataDir = join(layout, 'data');
  mkdirSync(dataDir);
  const env = { DATA_DIR: dataDir, EMBEDDED_POSTGRES_BIN: bin };
  if (isRoot) {
    chownSync(dataDir, 10_001, 10_001);
    const nameless = await start({ env });
    expect(await nameless.exited).toBe(1);
    expect(nameless.output()).toContain('start as a user that the system knows by name, or set DATABASE_URL');
  }
  const account = isRoot ? findAccount('daemon') : undefined;
  if (account) chownSync(dataDir, account.uid, account.gid);
  const server = await start({ env, ...account });
  await untilReady(server);
  expect(await goJourneys(server.url, 'way of a coupon', 'long work')).toMatch(/^2 passed, 0 failed$/);
  expect(await server.stop()).toBe(0);
  expect(timesOf(app())).toEqual(files);
});

test.each(['monolith.js', 'services.js'])(
  '%s without a database, and without programs to run one, says what to set and ends',
  async (program) => {
    const dataDir = join(layout, `data-${program}`);
    mkdirSync(dataDir);
    if (isRoot) chownSync(dataDir, 10_001, 10_001);
    const server = await start({ env: { DATA_DIR: dataDir } }, program);
    expect(await server.exited).toBe(1);
    expect(server.output()).toMatch(
      /^No PostgreSQL for [a-z0-9-]+ is here: set DATABASE_URL, or set EMBEDDED_POSTGRES_BIN to .*\.$/m,
    );
  },
);

test('its doctor runs there too: finds nothing in a database that is well, and what is wrong with its exit code', async () => {
  const postgres = await startDurablePostgres();
  onTestFinished(() => postgres.remove());
  await migrate(postgres.url);
  const [{ id }] = await rowsOf<{ id: string }>(
    postgres.url,
    `INSERT INTO users (email, role) VALUES ('boss@example.org', 'ADMIN') RETURNING id`,
  );
  expect(await examine('--data', '--database', postgres.url)).toEqual({
    code: 0,
    stdout: 'Nothing found: all is well.\n',
    stderr: '',
  });
  await rowsOf(postgres.url, 'UPDATE users SET disabled_at = clock_timestamp() WHERE id = $1', [id]);
  expect(await examine('--database', postgres.url)).toEqual({
    code: 2,
    stdout:
      'ERROR   No enabled account is an administrator. [no-admin]\n' +
      '        Run npm run reset-admin, or start the service: it makes the first one.\n1 found.\n',
    stderr: '',
  });
  expect(timesOf(app())).toEqual(files);
});

/** Runs the doctor of the artifact, with nothing else in reach. */
async function examine(...args: string[]) {
  const options = { cwd: '/', env: { PATH: '/nowhere' }, ...stranger };
  const { code, stdout, stderr } = await run(
    join(layout, 'node'),
    [join(app(), 'doctor.js'), ...args],
    options,
  )
    .then((output) => ({ code: 0, ...output }))
    .catch((error: { code: number; stdout: string; stderr: string }) => error);
  return { code, stdout, stderr };
}

test('it is made of few packages, none of which builds or tests, and tells the licence of each', () => {
  const packages = JSON.parse(readFileSync(join(app(), 'packages.json'), 'utf8')) as { name: string }[];
  const names = packages.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['fastify', 'pg', 'kysely', 'vue-router', '@node-rs/bcrypt', 'reka-ui']),
  );
  expect(names.length).toBeLessThan(220);
  expect(names.filter((name) => TOOLS.test(name))).toEqual([]);
  // What is not bundled is a package on its own: the program that hashes passwords, for this machine.
  expect(globSync('node_modules/*', { cwd: app() })).toEqual(['node_modules/@node-rs']);
  const licenses = readFileSync(join(app(), 'THIRD-PARTY-LICENSES.txt'), 'utf8');
  for (const name of names) expect(licenses).toContain(`${name} `);
  const bytes = globSync('**', { cwd: app() }).reduce((sum, name) => sum + sizeOf(join(app(), name)), 0);
  expect(bytes).toBeLessThan(40e6);
});

test('a release is made of it: what is packed is what was built, and each file and package is told', async () => {
  const out = join(layout, 'release');
  await run(process.execPath, ['scripts/release.ts', '--dist', app(), '--out', out], { cwd: root });
  await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: out });
  const sums = readFileSync(join(out, 'SHA256SUMS'), 'utf8').trim().split('\n');
  const names = sums.map((line) => line.split('  ')[1]!);
  expect(globSync('*', { cwd: out }).sort()).toEqual([...names, 'SHA256SUMS'].sort());

  const archive = names.find((name) => /^coupon-book-\d.*\.tar\.gz$/.test(name))!;
  const unpacked = join(layout, 'unpacked');
  mkdirSync(unpacked);
  await run('tar', ['-xzf', join(out, archive), '-C', unpacked, '--strip-components=1']);
  await run('diff', ['--recursive', app(), unpacked]);

  const read = (name: string) => readFileSync(join(out, name), 'utf8');
  const { bomFormat, components } = JSON.parse(read(archive.replace('.tar.gz', '.cdx.json'))) as {
    bomFormat: string;
    components: { name: string; version: string }[];
  };
  const packages = JSON.parse(readFileSync(join(app(), 'packages.json'), 'utf8')) as typeof components;
  const told = (list: typeof components) => list.map(({ name, version }) => `${name}@${version}`).sort();
  expect(bomFormat).toBe('CycloneDX');
  expect(told(components)).toEqual(told(packages));

  const client = names.find((name) => name.endsWith('.tgz'))!;
  const { stdout } = await run('tar', ['-tzf', join(out, client)]);
  for (const name of ['package.json', 'index.js', 'index.d.ts', 'schema.d.ts', 'openapi.json', 'LICENSE'])
    expect(stdout.split('\n')).toContain(`package/${name}`);
});

const TOOLS =
  /vite|rolldown|rollup|esbuild|typescript|tailwindcss|postcss|eslint|prettier|vitest|playwright|unplugin|knip|codegen|^sass$|embedded-postgres/;

function sizeOf(path: string): number {
  const stat = lstatSync(path);
  return stat.isFile() ? stat.size : 0;
}
