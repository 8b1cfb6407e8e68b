import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** A port of 127.0.0.1 that nobody listens on. Systems do not give those below 32768 to outgoing connections. */
export async function findFreePort(from = 20_000, below = 32_000): Promise<number> {
  for (;;) {
    const port = randomInt(from, below);
    if (await isFree(port)) return port;
  }
}

export function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const probe = createServer();
    probe.once('error', () => done(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => done(true)));
  });
}
