import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compareRow } from '../../sql/compare.ts';
import { openDescriber } from '../../sql/describe.ts';
import { findStatements } from '../../sql/statements.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

/** A file that is only here: beside this one, so that it finds Kysely. */
const FILE = join(import.meta.dirname, 'written-by-a-test.ts');

let database: TestDatabase;
let describer: Awaited<ReturnType<typeof openDescriber>>;
beforeAll(async () => {
  database = await createTestDatabase();
  describer = await openDescriber(database.url);
});
afterAll(async () => {
  await describer.close();
  await database.drop();
});

/** Files of libraries, read once. */
const known = new Map<string, ts.SourceFile | undefined>();

function read(code: string) {
  const source = `import { type RawBuilder, sql } from 'kysely'; declare const db: never; declare const yes: boolean; declare const value: string;\n${code}`;
  const options: ts.CompilerOptions = {
    strict: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    types: ['node'],
    skipLibCheck: true,
  };
  const host = ts.createCompilerHost(options);
  const { fileExists, getSourceFile } = host;
  host.fileExists = (name) => name === FILE || fileExists(name);
  host.getSourceFile = (name, ...rest) => {
    if (name === FILE) return ts.createSourceFile(name, source, ts.ScriptTarget.ES2023, true);
    if (!known.has(name)) known.set(name, getSourceFile(name, ...rest));
    return known.get(name);
  };
  const program = ts.createProgram([FILE], options, host);
  return {
    checker: program.getTypeChecker(),
    statements: findStatements(program, [program.getSourceFile(FILE)!]),
  };
}

/** What is wrong with the statements of some code. */
async function faultsOf(code: string): Promise<string[]> {
  const { checker, statements } = read(code);
  expect(statements.length).toBeGreaterThan(0);
  const faults = await Promise.all(
    statements.map(async ({ text, row, node }) =>
      describer.describe(text).then(
        (columns) => (row ? compareRow(checker, row, columns, describer.labels, node) : []),
        (error: Error) => [error.message],
      ),
    ),
  );
  return [...new Set(faults.flat())];
}

test('what PostgreSQL does not understand is a fault, in each of the statements that conditions make', async () => {
  expect(await faultsOf('sql`SELECT nothing FROM users`.execute(db)')).toEqual([
    'column "nothing" does not exist',
  ]);
  for (const choice of ['sql`true` : sql`wrong`', 'sql`wrong` : sql`true`'])
    expect(await faultsOf(`sql\`SELECT id FROM users WHERE \${yes ? ${choice}}\`.execute(db)`)).toEqual([
      'column "wrong" does not exist',
    ]);
});

test('a row type has the columns of its statement, no fewer and no more', async () => {
  expect(await faultsOf('sql<{ id: string }>`SELECT id FROM users`.execute(db)')).toEqual([]);
  expect(await faultsOf('sql<{ ID: string }>`SELECT id FROM users`.execute(db)')).toEqual([
    'the column "id" is not in the row type',
    'no column is called "ID"',
  ]);
});

test.for([
  ['number', 'id', '"x" is uuid (string), not number'],
  ['string', 'created_at', '"x" is timestamptz (Date), not string'],
  ['string', 'initial_password', '"x" is bool (boolean), not string'],
  ['string', 'count(*)', '"x" is int8 (number), not string'],
  ["'ADMIN'", 'role', `"x" is user_role (string), not "ADMIN"`],
  ['number[]', 'array_agg(email)', '"x" is _text, not number[]'],
])('a wrong type is a fault: %s for %s', async ([type, column, fault]) => {
  const group = column!.includes('(') ? '' : 'LIMIT 1';
  expect(
    await faultsOf(`sql<{ x: ${type} | null }>\`SELECT ${column} AS x FROM users ${group}\`.execute(db)`),
  ).toEqual([fault!.replace(/not (.*)$/, (_, said: string) => `not ${said} | null`)]);
});

test.for([
  ['of a column', 'SELECT name AS x FROM users'],
  [
    'of the side of an outer join that may have no row',
    'SELECT u.email AS x FROM coupons c LEFT JOIN users u ON u.id = c.assigned_user_id',
  ],
  ['of an aggregate of no rows', 'SELECT max(email) AS x FROM users'],
  ['of a CASE without ELSE', `SELECT CASE WHEN role = 'ADMIN' THEN email END AS x FROM users`],
])('a null that is missing is a fault: %s', async ([, statement]) => {
  expect(await faultsOf(`sql<{ x: string }>\`${statement}\`.execute(db)`)).toEqual([
    '"x" can be null, and string cannot',
  ]);
  expect(await faultsOf(`sql<{ x: string | null }>\`${statement}\`.execute(db)`)).toEqual([]);
});

test('fragments are put together: constants, functions, lists that grow, names', async () => {
  const { statements } = read(`
    const columns = sql\`id, email\`;
    const since = (column: RawBuilder<unknown>, id: string) => sql\`\${column} > \${id}\`;
    const conditions = [sql\`true\`];
    if (yes) conditions.push(since(sql\`u.id\`, value));
    sql\`SELECT \${columns} FROM \${sql.table('users')} u WHERE \${sql.join(conditions, sql\` AND \`)} LIMIT \${1}\`.execute(db);`);
  expect(statements.map(({ text }) => text).toSorted()).toEqual([
    'SELECT id, email FROM "users" u WHERE true AND u.id > $1 LIMIT $2',
    'SELECT id, email FROM "users" u WHERE true LIMIT $1',
  ]);
});

test('a fragment that cannot be known is said, and not passed over', () => {
  expect(() =>
    read(`declare function other(): RawBuilder<unknown>; sql\`SELECT \${other()}\`.execute(db);`),
  ).toThrow('a fragment');
});
