// Checks the staged files as they are staged, which may differ from how they lie in the folder.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { ESLint } from 'eslint';
import { check, getFileInfo, resolveConfig } from 'prettier';
import tseslint from 'typescript-eslint';

const root = join(import.meta.dirname, '..');
const git = (...args: string[]) =>
  execFileSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 });

const staged = git('diff', '--cached', '--name-only', '--diff-filter=ACMR', '-z').split('\0').filter(Boolean);
// Without the rules that ask for types: those read the whole program, which takes longer than a commit should.
const eslint = new ESLint({
  cwd: root,
  overrideConfig: [
    tseslint.configs.disableTypeChecked,
    { linterOptions: { reportUnusedDisableDirectives: 'off' } },
  ],
});
const problems: string[] = [];

for (const file of staged) {
  const path = join(root, file);
  const { ignored, inferredParser } = await getFileInfo(path, { ignorePath: join(root, '.prettierignore') });
  if (!ignored && inferredParser) {
    const text = git('show', `:${file}`);
    if (!(await isFormatted(text, path))) problems.push(`${file}: not formatted (npm run format)`);
  }
  if (/\.(ts|js|mjs|vue)$/.test(file) && !(await eslint.isPathIgnored(path))) {
    const results = await eslint.lintText(git('show', `:${file}`), { filePath: path });
    const report = await (await eslint.loadFormatter('stylish')).format(ESLint.getErrorResults(results));
    if (report) problems.push(report);
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exitCode = 1;
}

async function isFormatted(text: string, path: string): Promise<boolean> {
  try {
    return await check(text, { ...(await resolveConfig(path)), filepath: path });
  } catch {
    return false; // It does not even parse; ESLint says why.
  }
}
