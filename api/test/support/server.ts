import { onTestFinished } from 'vitest';
import { type ServerOptions, type ServerProcess, startServer } from '../../race/server-process.ts';
import type { UserRole } from '../../src/database/types.ts';
import { openDatabase } from '../../src/database/connection.ts';
import { accessTokens } from '../../src/plugins/access-tokens.ts';
import { signingKeys } from '../../src/plugins/signing-keys.ts';

export { freePort, type ServerProcess, untilReady } from '../../race/server-process.ts';

/** A real server process, which the test may kill; at the latest it is killed when the test ends. */
export async function launchServer(
  env: Record<string, string>,
  options: ServerOptions = {},
): Promise<ServerProcess> {
  const server = await startServer({
    ...options,
    env: { RATE_LIMIT_SCALE: '100000', LOG_LEVEL: 'warn', DRAIN_SECONDS: '0', SWEEP_SECONDS: '0', ...env },
  });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await server.exited;
  });
  return server;
}

/** Signs access tokens as the servers on this database do, so that a thousand users need no passwords. */
export function openTokens(databaseUrl: string) {
  const db = openDatabase({
    url: () => databaseUrl,
    poolSize: 2,
    maxWaiting: 1_000,
    acquireTimeoutMs: 10_000,
    statementTimeoutMs: 10_000,
    onIdleError: () => undefined,
    onReturn: () => undefined,
  });
  const tokens = accessTokens(signingKeys(db, () => undefined));
  return {
    /** The header of a request of this user. */
    async headers(id: string, role: UserRole = 'USER'): Promise<{ authorization: string }> {
      return { authorization: `Bearer ${await tokens.sign({ id, role })}` };
    },
    close: () => db.destroy(),
  };
}
