import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import type { ServerOptions, ServerProcess } from '../../api/race/server-process.ts';
import { startThrowaway } from '../../api/race/throwaway.ts';
import { signTokens } from '../../api/race/tokens.ts';
import { startPgBouncer } from '../../api/test/support/pgbouncer.ts';
import type { Bench } from '../program.ts';
import { cpuSeconds } from './cpu.ts';
import { type Load, startLoad } from './load.ts';
import { addUsers } from './stage.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const USERS = 5_000;

/** The product as a process of its own on a database of its own, and who makes load on it. */
export interface Product {
  server: ServerProcess;
  databaseUrl: string;
  databasePid: number;
  /** As the owner of the tables. */
  sql: pg.Client;
  /** Ids of the users whose tokens `load` has. */
  users: string[];
  load: Load;
  /** Access tokens of the users, for `load` too: they are valid for a quarter of an hour. */
  renewTokens: () => Promise<string[]>;
}

/** Several of the product on one PostgreSQL, each with a database of its own. */
interface Products extends Product {
  /** One more, which ends with the first. */
  addProduct: (
    name: string,
    options?: {
      env?: Record<string, string>;
      /** Its server reaches PostgreSQL through a PgBouncer in transaction mode. */
      pgBouncer?: boolean;
      /** Where its code is: another commit's checkout. */
      root?: string;
    },
  ) => Promise<Product>;
}

export interface ProductOptions extends ServerOptions {
  /** Its server has the routes of the rivals too. Otherwise it is what `npm start` runs, but without a line of log for each request. */
  rivals?: boolean;
}

/** Runs the product for as long as `work` takes. */
export async function withProduct<T>(
  { options, log }: Bench,
  { rivals = false, ...server }: ProductOptions,
  work: (product: Products) => Promise<T>,
): Promise<T> {
  await using scope = new AsyncDisposableStack();
  const programOf = (root: string) =>
    join(root, rivals ? 'bench/rivals/server.ts' : 'api/src/run/monolith.ts');
  log('starting PostgreSQL and the server');
  const throwaway = await startThrowaway({
    nodes: 1,
    file: programOf(ROOT),
    flags: options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [],
    ...server,
  });
  scope.defer(() => throwaway.remove());
  const { databasePid } = throwaway;

  const open = async (node: ServerProcess, databaseUrl: string): Promise<Product> => {
    const { username, password } = new URL(throwaway.superuserUrl);
    const sql = new pg.Client(Object.assign(new URL(databaseUrl), { username, password }).href);
    sql.on('error', () => undefined); // Ctrl-C ends PostgreSQL first.
    await sql.connect();
    scope.defer(() => sql.end());
    const users = await addUsers(sql, USERS);
    const load = startLoad();
    scope.defer(() => load.stop());
    const renewTokens = async () => {
      const tokens = await signTokens(databaseUrl, users);
      await load.use(tokens);
      return tokens;
    };
    await renewTokens();
    return { server: node, databaseUrl, databasePid, sql, users, load, renewTokens };
  };
  const first = await open(throwaway.nodes[0]!, throwaway.databaseUrl);
  return await work({
    ...first,
    async addProduct(name, more = {}) {
      const own = new URL(throwaway.databaseUrl);
      await first.sql.query(`CREATE DATABASE ${name} OWNER ${own.username}`);
      const { href } = Object.assign(own, { pathname: name });
      const env: Record<string, string> = { ...more.env, DATABASE_URL: href };
      if (more.pgBouncer) {
        const pgBouncer = await startPgBouncer(href);
        scope.defer(() => pgBouncer.stop());
        Object.assign(env, { DATABASE_URL: pgBouncer.url, DATABASE_DIRECT_URL: href });
      }
      return open(await throwaway.addServer({ env, file: programOf(more.root ?? ROOT) }), href);
    },
  });
}

/** CPU seconds so far, of the server and of PostgreSQL. */
export const readCpu = ({ server, databasePid }: Pick<Product, 'server' | 'databasePid'>) => ({
  server: cpuSeconds(server.pid),
  database: cpuSeconds(databasePid),
});
