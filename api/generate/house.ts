import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

const root = join(import.meta.dirname, '../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');

/** Files of our own in TypeScript, by their path from the root; without tests. */
export const sourceFiles: readonly string[] = globSync(
  '{api/{src,demo,draw,generate,race},bench,scripts}/**/*.ts',
  { cwd: root, exclude: ['**/node_modules'] },
).sort();

/** What a file imports of ours, types included. */
export function importsOf(file: string): string[] {
  const found = codeOf(file).matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'(\.[^']+)'/g);
  return [...new Set([...found].map(([, path]) => normalize(join(dirname(file), path!))))];
}

/** The part of the server that a file belongs to: a module, a folder of `api/src`, or the file itself. */
function partOf(file: string): string {
  const [, module] = /^api\/src\/modules\/(\w+)\//.exec(file) ?? [];
  if (module) return module;
  const [, folder] = /^api\/src\/(?!modules\/)([\w-]+)\//.exec(file) ?? [];
  return folder ? `${folder}/` : file;
}

const serverFiles = sourceFiles.filter((file) => file.startsWith('api/src/'));

/** Which parts of the server each part imports. */
export function importsBetweenParts(): Map<string, Set<string>> {
  const parts = new Map<string, Set<string>>();
  for (const file of serverFiles) {
    const part = partOf(file);
    const others = parts.get(part) ?? new Set();
    for (const other of importsOf(file).map(partOf)) if (other !== part) others.add(other);
    parts.set(part, others);
  }
  return parts;
}

/** Those that can be reached from themselves, each circle as one list. */
export function circlesOf(imports: ReadonlyMap<string, Iterable<string>>): string[][] {
  const reached = new Map<string, Set<string>>();
  for (const start of imports.keys()) {
    const seen = new Set<string>();
    const open = [...(imports.get(start) ?? [])];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      open.push(...(imports.get(next) ?? []));
    }
    reached.set(start, seen);
  }
  const inCircles = [...reached].filter(([start, seen]) => seen.has(start)).map(([start]) => start);
  const circles = inCircles.map((one) =>
    inCircles.filter((other) => reached.get(one)!.has(other) && reached.get(other)!.has(one)),
  );
  return [...new Map(circles.map((circle) => [circle.join(), circle])).values()];
}

export interface TableUse {
  table: string;
  writers: string[];
  readers: string[];
}

/** Which parts of the server write and read each table, by the SQL in their files. */
export function usesOfTables(): TableUse[] {
  return tables().map((table) => {
    const partsWith = (sql: RegExp) => [
      ...new Set(serverFiles.filter((file) => sql.test(codeOf(file))).map(partOf)),
    ];
    const writers = partsWith(new RegExp(`\\b(INSERT INTO|UPDATE|DELETE FROM) ${table}\\b`));
    const readers = partsWith(new RegExp(`(?<!DELETE )\\b(FROM|JOIN) (\\w+( \\w+)?, )*${table}\\b`));
    return { table, writers, readers: readers.filter((part) => !writers.includes(part)) };
  });
}

function tables(): string[] {
  const names = globSync('api/migrations/*.sql', { cwd: root }).flatMap((file) =>
    [...read(file).matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name]) => name!),
  );
  return names.sort();
}

/** A file without comments: SQL's words in capitals stand only in statements then. */
export const codeOf = (file: string) => withoutComments(read(file));

const withoutComments = (text: string) => text.replace(/\/\*[\s\S]*?\*\/|(?<![:'"`])\/\/.*$/gm, '');

/** The tables of docs/architecture.md: who imports whom, and who writes and reads what. */
export function describeHouse(): string {
  const code = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ');
  const imports = importsBetweenParts();
  const modules = [...imports.keys()].filter((part) =>
    serverFiles.includes(`api/src/modules/${part}/index.ts`),
  );
  const others = (module: string) =>
    [...imports.get(module)!].filter((part) => modules.includes(part)).sort();
  // What is imported stands above who imports it.
  const ordered: string[] = [];
  while (ordered.length < modules.length) {
    const next = modules.find(
      (one) => !ordered.includes(one) && others(one).every((two) => ordered.includes(two)),
    );
    if (next === undefined)
      throw new Error(`modules import each other: ${JSON.stringify(circlesOf(imports))}`);
    ordered.push(next);
  }
  return [
    ['| module | imports the modules |', '| --- | --- |'],
    ordered.map((module) => `| \`${module}\` | ${code(others(module)) || '—'} |`),
    [''],
    ['| table | is written by | is also read by |', '| --- | --- | --- |'],
    usesOfTables().map(
      ({ table, writers, readers }) => `| \`${table}\` | ${code(writers)} | ${code(readers) || '—'} |`,
    ),
  ]
    .flat()
    .join('\n');
}
