import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { superuserUrl } from '../src/embedded-postgres/cluster.ts';
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../src/embedded-postgres.ts';
import { type ServerOptions, type ServerProcess, startServer, untilReady } from './server-process.ts';

export interface Throwaway {
  nodes: ServerProcess[];
  databaseUrl: string;
  /** The same as superuser. */
  superuserUrl: string;
  /** Of PostgreSQL. */
  databasePid: number;
  admin: { email: string; password: string };
  /** Another server, ready; with an environment that differs from that of the first ones. */
  addServer: (options: ServerOptions) => Promise<ServerProcess>;
  /** Stops everything and removes its data. */
  remove: () => Promise<void>;
}

export interface ThrowawayOptions extends ServerOptions {
  nodes: number;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Servers of our own, on one PostgreSQL of our own with durable defaults, all in a folder that is gone afterwards. Also after
 * Ctrl-C: then the process ends when everything is stopped.
 */
export async function startThrowaway({
  nodes: count,
  env,
  ...options
}: ThrowawayOptions): Promise<Throwaway> {
  const dataDir = mkdtempSync(join(tmpdir(), 'coupon-book-race-'));
  const admin = { email: 'race@example.test', password: randomBytes(18).toString('base64url') };
  const nodes: ServerProcess[] = [];
  const log = { info() {}, warn: (message: string) => console.error(message) };
  let starting: Promise<EmbeddedPostgres> | undefined;
  let removing: Promise<void> | undefined;
  const remove = () => (removing ??= stopAll());
  async function stopAll(): Promise<void> {
    await Promise.all(nodes.map((node) => node.stop()));
    await (await starting?.catch(() => undefined))?.stop();
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
  // Before anything is started: without, a signal ends this process at once.
  const onSignal = () => void remove().finally(() => process.exit(130));
  for (const signal of SIGNALS) process.once(signal, onSignal);

  try {
    starting = startEmbeddedPostgres({ dataDir, log });
    const postgres = await starting;
    const databaseUrl = postgres.url;
    const launch = async ({ env: different, ...others }: ServerOptions = {}) => {
      const node = await startServer({
        ...options,
        ...others,
        env: {
          DATABASE_URL: databaseUrl,
          ADMIN_EMAIL: admin.email,
          ADMIN_PASSWORD: admin.password,
          RATE_LIMIT_SCALE: '100000',
          LOG_LEVEL: 'warn',
          DRAIN_SECONDS: '0',
          ...env,
          ...different,
        },
      });
      nodes.push(node);
      if (removing) await node.stop();
      return node;
    };
    for (let index = 0; index < count; index += 1) await launch();
    // All at once: migrations, the first admin and the signing key are made once all the same.
    await Promise.all(nodes.map((node) => untilReady(node)));
    const addServer = async (different: ServerOptions) => {
      const node = await launch(different);
      await untilReady(node);
      return node;
    };
    return {
      nodes,
      databaseUrl,
      superuserUrl: superuserUrl(databaseUrl, dataDir),
      databasePid: postgres.pid,
      admin,
      addServer,
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
