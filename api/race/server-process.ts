import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../src/free-port.ts';

export const MONOLITH = fileURLToPath(new URL('../src/run/monolith.ts', import.meta.url));

/** What `npm start` gives to Node: see docs/operations.md. */
const AS_STARTED = ['--max-semi-space-size=16'];

export interface ServerProcess {
  url: string;
  pid: number;
  /** What it has printed so far, log and all. */
  output: () => string;
  /** Its end: the exit code, or null when a signal ended it. */
  exited: Promise<number | null>;
  kill: (signal: NodeJS.Signals) => void;
  /** SIGTERM, and the exit code. */
  stop: () => Promise<number | null>;
}

export interface ServerOptions {
  env?: Record<string, string>;
  /** Of Node. */
  flags?: string[];
  /** The program; the monolith unless told otherwise. */
  file?: string;
  /** What runs the program; this process's Node unless told otherwise. */
  node?: string;
  cwd?: string;
  /** The account to run as, for root. */
  uid?: number;
  gid?: number;
}

/**
 * Starts a server as a process of its own, on a free port and with no settings but the given ones. Does not wait for it: see
 * `untilReady`. A process group of its own keeps Ctrl-C from it: whoever started it stops it.
 */
export async function startServer({
  env = {},
  flags = [],
  file = MONOLITH,
  node = process.execPath,
  ...where
}: ServerOptions = {}): Promise<ServerProcess> {
  const port = env.PORT ?? String(await freePort());
  const child = spawn(node, [...AS_STARTED, ...flags, file], {
    ...where,
    env: { ...nodeEnvironment(), HOST: '127.0.0.1', PORT: port, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += String(chunk)));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const kill = (signal: NodeJS.Signals) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  };
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid!,
    output: () => printed,
    exited,
    kill,
    stop() {
      kill('SIGTERM');
      return exited;
    },
  };
}

/** What Node itself needs of our environment, for a process that gets nothing else of it. */
export function nodeEnvironment(): Record<string, string> {
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { ...(PATH && { PATH }), ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }) };
}

/**
 * Waits until the server takes traffic.
 * @throws with what it printed, when it ends instead or takes longer
 */
export async function untilReady(server: ServerProcess, withinMs = 300_000): Promise<void> {
  let ended = false;
  void server.exited.then(() => (ended = true));
  for (const deadline = performance.now() + withinMs; ; await delay(50)) {
    // On a connection of its own: a server that stops waits half a second for what may come on one that is kept.
    const headers = { connection: 'close' };
    const response = await fetch(`${server.url}/health/ready`, { headers }).catch(() => undefined);
    await response?.arrayBuffer();
    if (response?.ok) return;
    if (ended || performance.now() > deadline) {
      throw new Error(`The server ${ended ? 'ended' : 'is not ready'}. It printed:\n${server.output()}`);
    }
  }
}

/**
 * A port that nobody listens on. No other call gets it, in whatever process, for as long as this process lives: not before its server
 * listens, nor while that is started again. The system gives it to nobody either.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    // Beside those of embedded databases; 10080 is one that browsers refuse to ask.
    const port = await findFreePort(11_000, 20_000);
    if (await reserve(port)) return port;
  }
}

/** By a UDP socket with the same number, which is in the way of nobody else. */
async function reserve(port: number): Promise<boolean> {
  const socket = createSocket('udp4').unref();
  try {
    socket.bind(port, '127.0.0.1');
    await once(socket, 'listening');
    return true;
  } catch {
    socket.close();
    return false;
  }
}
