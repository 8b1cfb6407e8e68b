// Links between the Markdown files lead somewhere, no tracked file names a path of one person's machine, and the lock names no
// registry (npm then uses the one it is configured with).
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const MACHINE_PATH = /(?<![\w.])\/(?:home|Users|root|work)\/[\w.-]+/;

const problems: string[] = [];
const listing = ['ls-files', '--cached', '--others', '--exclude-standard', '-z'];
// A container's checkout may belong to another user, which Git refuses by default.
const files = execFileSync('git', ['-c', 'safe.directory=*', ...listing], { cwd: root, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file && existsSync(join(root, file)));

for (const file of files) {
  const text = readFileSync(join(root, file), 'utf8');
  if (text.includes('\0')) continue;
  text.split('\n').forEach((line, index) => {
    if (MACHINE_PATH.test(line)) problems.push(`${file}:${index + 1}: a path of one machine: ${line.trim()}`);
  });
  if (file.endsWith('.md')) checkLinks(file, text);
  if (file.endsWith('package-lock.json') && text.includes('"resolved": "http')) {
    problems.push(`${file}: names a registry; .npmrc sets omit-lockfile-registry-resolved`);
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}

function checkLinks(file: string, text: string): void {
  for (const [, target = ''] of withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)) {
    if (/^[a-z]+:/.test(target)) continue;
    const [path = '', anchor] = target.split('#');
    const absolute = path === '' ? join(root, file) : join(root, dirname(file), path);
    if (!existsSync(absolute)) problems.push(`${file}: ${target} does not exist`);
    else if (anchor && !anchorsOf(absolute).has(anchor)) {
      problems.push(`${file}: ${relative(root, absolute)} has no heading #${anchor}`);
    }
  }
}

/** As GitHub makes them from headings. */
function anchorsOf(path: string): Set<string> {
  const headings = withoutCode(readFileSync(path, 'utf8')).matchAll(/^#+ +(.+)$/gm);
  const slug = (heading: string) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
  return new Set([...headings].map(([, heading = '']) => slug(heading.trim())));
}

function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```[^]*?^```/gm, '');
}
