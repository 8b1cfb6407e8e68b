import { randomUUID } from 'node:crypto';
import { rowsOf } from './stage.ts';

export interface DatabaseRole {
  name: string;
  /** `databaseUrl` with this role's sign-in. */
  url: string;
  drop: () => Promise<void>;
}

/** A role that is no superuser and may read and write in `databaseUrl`, as an operator would grant it. */
export async function createDatabaseRole(databaseUrl: string): Promise<DatabaseRole> {
  const name = `role_${randomUUID().replaceAll('-', '')}`;
  await runAll(databaseUrl, [
    `CREATE ROLE ${name} LOGIN PASSWORD '${name}'`,
    `GRANT USAGE ON SCHEMA public, pgboss TO ${name}`,
    `GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public, pgboss TO ${name}`,
    `GRANT USAGE ON ALL SEQUENCES IN SCHEMA public, pgboss TO ${name}`,
  ]);
  return {
    name,
    url: Object.assign(new URL(databaseUrl), { username: name, password: name }).href,
    drop: () => runAll(databaseUrl, [`DROP OWNED BY ${name}`, `DROP ROLE ${name}`]),
  };
}

/** One after the other, each for itself. */
export async function runAll(databaseUrl: string, statements: readonly string[]): Promise<void> {
  for (const statement of statements) await rowsOf(databaseUrl, statement);
}
