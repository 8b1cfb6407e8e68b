import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { cpuSeconds } from './cpu.ts';
import type { Turn } from './measure.ts';

const FOLDER = new URL('../rivals/', import.meta.url);

/** Its time runs while it connects, 64 times half a hundredth of a second; its rate does not count that. */
const CONNECT_SECONDS = 2;

export interface PgbenchRun {
  /** A file of `rivals/`. */
  script: string;
  databaseUrl: string;
  databasePid: number;
  clients: number;
  seconds: number;
  variables: Record<string, string>;
}

/** One turn of pgbench: transactions per second, without the time to connect. @throws when a transaction failed */
export async function turnOfPgbench(run: PgbenchRun): Promise<Turn & { transactions: number }> {
  const { hostname, port, username, password, pathname } = new URL(run.databaseUrl);
  const before = cpuSeconds(run.databasePid);
  const child = spawn(
    'pgbench',
    [
      [
        '--no-vacuum',
        '--protocol=prepared',
        '--jobs=1',
        `--client=${run.clients}`,
        `--time=${run.seconds + CONNECT_SECONDS}`,
      ],
      Object.entries(run.variables).map(([name, value]) => `--define=${name}=${value}`),
      `--file=${fileURLToPath(new URL(run.script, FOLDER))}`,
    ].flat(),
    {
      env: {
        PATH: process.env.PATH,
        PGHOST: hostname,
        PGPORT: port,
        PGUSER: username,
        PGPASSWORD: decodeURIComponent(password),
        PGDATABASE: pathname.slice(1),
        // As our groups: planned once for each session, and not anew in each of its first executions.
        PGOPTIONS: '-c plan_cache_mode=force_generic_plan',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  const read = (pattern: RegExp) => Number(pattern.exec(output)?.[1] ?? Number.NaN);
  const transactions = read(/actually processed: (\d+)/);
  if (code !== 0 || read(/failed transactions: (\d+)/) !== 0 || !(transactions > 0))
    throw new Error(`pgbench ${run.script}: ${output}`);
  return {
    transactions,
    value: read(/tps = ([\d.]+)/),
    details: {
      'PostgreSQL µs': ((cpuSeconds(run.databasePid) - before) * 1e6) / transactions,
    },
  };
}
