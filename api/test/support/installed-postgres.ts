import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';

/** The folder of programs of a PostgreSQL that this system's packages have installed: as Debian, Fedora and Homebrew do it. */
export function findInstalledPostgres(): string | undefined {
  const folders = ['/usr/lib/postgresql/*/bin', '/usr/pgsql-*/bin', '/opt/homebrew/opt/postgresql@*/bin'];
  return globSync(folders).find((bin) => existsSync(join(bin, 'initdb')));
}
