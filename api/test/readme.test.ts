import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { nodeEnvironment } from '../race/server-process.ts';
import { eventually } from './support/eventually.ts';

const root = join(import.meta.dirname, '../..');

interface Step {
  command: string;
  /** What the README shows as its answer, and in which language. */
  shown: { language: string; text: string } | null;
}

let folder: string;
let stop: () => Promise<void>;
let url: string;
let password: string;

/** As `npm start` does, and reads what it prints, as a person would. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'coupon-book-readme-'));
  const env = { ...nodeEnvironment(), PORT: '0', DATA_DIR: join(folder, 'data'), LOG_LEVEL: 'warn' };
  const args = [join(root, 'scripts/run.mjs'), 'api/src/run/monolith.ts'];
  const server = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  stop = async () => {
    if (server.exitCode !== null) return;
    server.kill('SIGTERM');
    await once(server, 'exit');
  };
  let printed = '';
  server.stdout.on('data', (chunk) => (printed += String(chunk)));
  [url, password] = await eventually(() => {
    const found = /is ready: (\S+)[^]*initial password: (\S+)\n/.exec(printed);
    if (!found && server.exitCode !== null) throw new Error(`The server ended: ${printed}`);
    return found && [found[1]!, found[2]!];
  });
});

afterAll(async () => {
  await stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
});

test('the first steps of the README do what it says', () => {
  const steps = readSteps(readFileSync(join(root, 'README.md'), 'utf8'), 'First steps');
  expect(steps.length).toBeGreaterThan(5);
  const script = steps
    .map(({ command }, index) => `${command}\nprintf '\\n--- step %s\\n' ${index}`)
    .join('\n')
    .replace('http://localhost:8000', url)
    .replace('the initial password', password);

  const { status, stdout, stderr } = spawnSync('bash', ['-e', '-o', 'pipefail', '-c', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  const outputs = stdout.split(/\n--- step \d+\n/);
  steps.forEach(({ command, shown }, index) => {
    const output = outputs[index]!.trim();
    if (!shown) expect(output, command).toBe('');
    else if (shown.language === 'json') expect(JSON.parse(output), command).toEqual(pattern(shown.text));
    else expect(output, command).toBe(shown.text);
  });
});

/** The `bash` blocks of a chapter, each with the block of another language that follows it. */
function readSteps(markdown: string, chapter: string): Step[] {
  const text = markdown.split(`## ${chapter}\n`)[1]!.split('\n## ')[0]!;
  const steps: Step[] = [];
  for (const [, language, block] of text.matchAll(/^```(\w+)\n([^]*?)\n```$/gm)) {
    if (language === 'bash') steps.push({ command: block!, shown: null });
    else steps.at(-1)!.shown = { language: language!, text: block! };
  }
  return steps;
}

/** "…" stands for any text. */
function pattern(json: string): unknown {
  return JSON.parse(json, (_key, value: unknown) =>
    value === '…' ? (expect.any(String) as unknown) : value,
  );
}
