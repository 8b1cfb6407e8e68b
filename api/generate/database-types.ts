import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// Runs on import, so it cannot be imported.
const KYSELY_CODEGEN = fileURLToPath(import.meta.resolve('kysely-codegen/dist/cli/bin.js'));

/** The tables as Kysely's types. `bigint` is read as a number: see database/connection.ts. */
export function describeTypes(databaseUrl: string): string {
  const args = ['--print', '--dialect=postgres', '--log-level=error', `--url=${databaseUrl}`];
  const options = ['--exclude-pattern=migrations', `--type-mapping=${JSON.stringify({ int8: 'number' })}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [KYSELY_CODEGEN, ...args, ...options], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`kysely-codegen failed: ${stderr || stdout}`);
  return stdout;
}
