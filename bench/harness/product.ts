import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { ServerOptions, ServerProcess } from '../../api/race/server-process.ts';
import { startThrowaway } from '../../api/race/throwaway.ts';
import { startPgBouncer } from '../../api/test/support/pgbouncer.ts';
import type { Bench } from '../program.ts';
import { cpuSeconds } from './cpu.ts';
import { type Load, startLoad } from './load.ts';
import { addUsers, signTokens } from './stage.ts';

const WITH_RIVALS = fileURLToPath(new URL('../rivals/server.ts', import.meta.url));
const USERS = 5_000;

/** The product as a process of its own on a PostgreSQL of its own, and who makes load on it. */
export interface Product {
  server: ServerProcess;
  databaseUrl: string;
  databasePid: number;
  /** As the owner of the tables. */
  sql: pg.Client;
  /** Ids of the users whose tokens `load` has. */
  users: string[];
  tokens: string[];
  load: Load;
  /** Another server process on the same database; it ends with the first. */
  addServer: (options: ServerOptions) => Promise<ServerProcess>;
}

export interface ProductOptions extends ServerOptions {
  /** Its server has the routes of the rivals too. Otherwise it is what `npm start` runs. */
  rivals?: boolean;
}

/** Runs the product for as long as `work` takes. */
export async function withProduct<T>(
  { options, log }: Bench,
  { rivals = false, ...server }: ProductOptions,
  work: (product: Product) => Promise<T>,
): Promise<T> {
  await using scope = new AsyncDisposableStack();
  log('starting PostgreSQL and the server');
  const file = rivals ? WITH_RIVALS : undefined;
  const flags = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
  const throwaway = await startThrowaway({
    nodes: 1,
    file,
    flags,
    ...server,
    async before(databaseUrl): Promise<Record<string, string>> {
      if (!options.pgbouncer) return {};
      const pgBouncer = await startPgBouncer(databaseUrl);
      scope.defer(() => pgBouncer.stop());
      return { DATABASE_URL: pgBouncer.url, DATABASE_DIRECT_URL: databaseUrl };
    },
  });
  scope.defer(() => throwaway.remove());
  const { databaseUrl, databasePid } = throwaway;
  const sql = new pg.Client(databaseUrl);
  await sql.connect();
  scope.defer(() => sql.end());
  const users = await addUsers(sql, USERS);
  const tokens = await signTokens(databaseUrl, users);
  const load = await startLoad(tokens);
  scope.defer(() => load.stop());
  return await work({
    server: throwaway.nodes[0]!,
    databaseUrl,
    databasePid,
    sql,
    users,
    tokens,
    load,
    addServer: throwaway.addServer,
  });
}

/** CPU seconds so far, of the server and of PostgreSQL. */
export const readCpu = ({ server, databasePid }: Pick<Product, 'server' | 'databasePid'>) => ({
  server: cpuSeconds(server.pid),
  database: cpuSeconds(databasePid),
});
