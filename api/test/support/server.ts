import { onTestFinished } from 'vitest';
import { type ServerOptions, type ServerProcess, startServer } from '../../race/server-process.ts';

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
