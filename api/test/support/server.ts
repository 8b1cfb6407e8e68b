import { onTestFinished } from 'vitest';
import { MONOLITH, type ServerOptions, type ServerProcess, startServer } from '../../race/server-process.ts';
import { bundledProgram } from './bundled-program.ts';

export { freePort, type ServerProcess, untilReady } from '../../race/server-process.ts';

/** A real server process, as it runs from a build, which the test may kill; at the latest it is killed when the test ends. */
export async function launchServer(
  env: Record<string, string>,
  { file = MONOLITH, ...options }: ServerOptions = {},
): Promise<ServerProcess> {
  const server = await startServer({
    ...options,
    file: await bundledProgram(file),
    env: { RATE_LIMIT_SCALE: '100000', LOG_LEVEL: 'warn', DRAIN_SECONDS: '0', SWEEP_SECONDS: '0', ...env },
  });
  onTestFinished(async () => {
    server.kill('SIGKILL');
    await server.exited;
  });
  return server;
}
