import { fileURLToPath } from 'node:url';
import { launchServer, type ServerProcess, untilReady } from './server.ts';
import { rowsOf } from './stage.ts';

const WORKER = fileURLToPath(new URL('../../src/run/worker.ts', import.meta.url));

/** A process that runs jobs and nothing else. The test may kill it. */
export async function launchWorker(
  databaseUrl: string,
  env: Record<string, string> = {},
): Promise<ServerProcess> {
  const worker = await launchServer({ DATABASE_URL: databaseUrl, ...env }, { file: WORKER });
  await untilReady(worker);
  return worker;
}

/**
 * Makes the last signs of life of all workers old, so that those who gave none since are missed at the next look. Each would be
 * anyway, 10 s later.
 */
export async function outdateSignsOfLife(databaseUrl: string): Promise<void> {
  await rowsOf(
    databaseUrl,
    `UPDATE pgboss.job SET heartbeat_on = heartbeat_on - interval '1 minute' WHERE state = 'active'`,
  );
}
