// Every statement of the API against a real database: that PostgreSQL understands it, and that its rows are what the code says. Nothing
// is run: PostgreSQL parses and describes. See docs/decisions/0021-checked-sql.md.
import { join, relative } from 'node:path';
import { PgBoss } from 'pg-boss';
import ts from 'typescript';
import { compareRow } from './compare.ts';
import { openDescriber } from './describe.ts';
import { findStatements } from './statements.ts';
import { withDatabase } from '../../scripts/with-database.ts';

const root = join(import.meta.dirname, '../..');
const faults = new Set<string>();
let count = 0;
await withDatabase(async (url) => {
  // Whose tables some statements read.
  const queue = new PgBoss({ connectionString: url, schedule: false, supervise: false });
  await queue.start();
  await queue.stop({ graceful: false });
  await checkAll(url);
});
for (const fault of faults) console.error(fault);
if (faults.size > 0) process.exitCode = 1;
else console.log(`${count} statements are as the code says`);

async function checkAll(url: string): Promise<void> {
  const program = readProgram();
  const checker = program.getTypeChecker();
  const files = program
    .getSourceFiles()
    .filter(({ fileName }) => fileName.startsWith(join(root, 'api/src/')));
  const describer = await openDescriber(url);
  for (const { place, text, row, node } of findStatements(program, files)) {
    count += 1;
    const say = (what: string) => faults.add(`${relative(root, place)}: ${what}`);
    try {
      const columns = await describer.describe(text);
      if (row) for (const fault of compareRow(checker, row, columns, describer.labels, node)) say(fault);
    } catch (error) {
      say(`${(error as Error).message}\n${text}`);
    }
  }
  await describer.close();
}

function readProgram(): ts.Program {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const config = ts.getParsedCommandLineOfConfigFile(join(root, 'tsconfig.json'), {}, host)!;
  const names = config.fileNames.filter((name) => name.startsWith(join(root, 'api/src/')));
  return ts.createProgram(names, config.options);
}
