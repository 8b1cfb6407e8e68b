import { execFile, execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../..');
const names = globSync('.github/workflows/*.yml', { cwd: root }).sort();
const text = (name: string) => readFileSync(join(root, name), 'utf8');

interface Step {
  name?: string;
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
}
interface Job {
  'timeout-minutes'?: number;
  permissions?: Record<string, string>;
  steps: Step[];
}
interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, Job>;
}
const workflows = names.map((name) => ({ name, ...(parse(text(name)) as Workflow) }));
const steps = workflows.flatMap(({ jobs }) => Object.values(jobs).flatMap((job) => job.steps));

/** A folder with programs that write down how they were called, instead of those of the machine. */
function fakePrograms(programs: Record<string, string>): { path: string; calls: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'coupon-book-workflow-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, answer] of Object.entries(programs)) {
    writeFileSync(
      join(folder, name),
      `#!/bin/sh\necho "${name} $*" >> ${folder}/calls\ncase "$*" in ${answer} esac\n`,
      { mode: 0o755 },
    );
  }
  return { path: folder, calls: () => readFileSync(join(folder, 'calls'), 'utf8').trim().split('\n') };
}

/** Runs a step as GitHub does, for a repository whose name has capitals. @returns what it told the steps after it */
function runStep(name: string, path: string, env: Record<string, string> = {}): string {
  const script = steps.find((step) => step.name === name)!.run!;
  const output = join(path, 'output');
  writeFileSync(output, '');
  execFileSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], {
    cwd: path,
    env: {
      PATH: `${path}:${process.env.PATH}`,
      GITHUB_OUTPUT: output,
      GITHUB_REPOSITORY: 'Example-Org/Coupon-Book',
      GITHUB_REF_NAME: 'v1.2.0',
      ...env,
    },
  });
  return readFileSync(output, 'utf8');
}

test('every action is pinned to a commit, and says which version that is', () => {
  for (const name of names) {
    const used = text(name).match(/\buses: .*/g)!;
    for (const line of used) expect(line).toMatch(/^uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  }
});

test('a workflow may read, and a job may write only what it publishes', () => {
  for (const { name, permissions } of workflows)
    expect([name, permissions]).toEqual([name, { contents: 'read' }]);
  const writers = workflows.flatMap(({ jobs }) =>
    Object.entries(jobs).flatMap(([job, { permissions = {} }]) => {
      const written = Object.keys(permissions).filter((scope) => permissions[scope] !== 'read');
      return written.length > 0 ? [`${job}: ${written.join(', ')}`] : [];
    }),
  );
  expect(writers).toEqual(['build: packages, id-token, attestations', 'publish: contents, packages']);
});

test('a job ends by itself, keeps no credentials in the clone, and pastes no expression into a script', () => {
  for (const { jobs } of workflows)
    for (const [job, { 'timeout-minutes': minutes }] of Object.entries(jobs))
      expect([job, minutes]).toEqual([job, expect.any(Number)]);
  for (const step of steps) {
    if (step.uses?.startsWith('actions/checkout@')) expect(step.with?.['persist-credentials']).toBe(false);
    expect(step.run ?? '').not.toContain('${{');
  }
});

test('images have a name that a registry takes, whatever the repository is called', () => {
  const { path, calls } = fakePrograms({ docker: 'inspect*) echo "ghcr.io/x@sha256:abc";;' });
  const output = runStep('Image for this kind of machine', path, { ARCH: 'arm64' });
  expect(output).toBe('name=ghcr.io/example-org/coupon-book\ndigest=sha256:abc\n');
  runStep('One image for both', path);
  const image = 'ghcr.io/example-org/coupon-book:v1.2.0';
  expect(calls()).toEqual([
    `docker build --tag ${image}-arm64 .`,
    `docker push ${image}-arm64`,
    `docker inspect --format {{index .RepoDigests 0}} ${image}-arm64`,
    `docker buildx imagetools create --tag ${image} ${image}-amd64 ${image}-arm64`,
  ]);
  // Nor is the name as it is used anywhere else.
  for (const name of names) expect(text(name)).not.toContain('ghcr.io/${{');
});

test('a release has the files of both kinds of machine, each once, with one list of checksums', async () => {
  const { path, calls } = fakePrograms({ gh: '*) ;;' });
  for (const arch of ['amd64', 'arm64']) {
    const folder = join(path, `built/release-${arch}`);
    mkdirSync(folder, { recursive: true });
    for (const name of [`coupon-book-${arch}.tar.gz`, 'client.tgz', 'NOTES.md', 'SHA256SUMS'])
      writeFileSync(join(folder, name), name);
  }
  runStep('Release', path);
  const files = ['SHA256SUMS', 'client.tgz', 'coupon-book-amd64.tar.gz', 'coupon-book-arm64.tar.gz'];
  expect(calls()).toEqual([
    `gh release create v1.2.0 --verify-tag --title v1.2.0 --notes-file NOTES.md ${files.map((file) => `release/${file}`).join(' ')}`,
  ]);
  await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: join(path, 'release') });
});
