import { once } from 'node:events';
import net from 'node:net';
import { onTestFinished } from 'vitest';
import { freePort } from '../../race/server-process.ts';

export interface TcpProxy {
  /** `target` with the proxy's address in the place of its own. */
  url: string;
  /** Refuses new connections and breaks those there are, like a host that went down. */
  down: () => Promise<void>;
  up: () => Promise<void>;
  /** New connections go to another server, which has the same role and database. */
  turnTo: (target: string) => void;
  /**
   * The next COMMIT arrives and is carried out, and its answer does not come back: the connection breaks instead.
   * @returns resolves when that has happened
   */
  loseNextCommit: () => Promise<void>;
  /**
   * The connection of the next COMMIT says nothing any more, from just before it: a black hole, which nobody closes.
   * @returns resolves when that has happened
   */
  silenceNextCommit: () => Promise<void>;
  /** The same for every connection, new ones too, until `speak`. What was sent meanwhile arrives then. */
  silence: () => void;
  speak: () => void;
}

/** A connection to PostgreSQL that a test can break at a chosen moment. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  let { hostname, port } = new URL(target);
  const sockets = new Set<net.Socket>();
  let commitLost: (() => void) | undefined;
  let commitSilenced: (() => void) | undefined;
  let silent = false;

  const server = net.createServer((client) => {
    const database = net.connect(Number(port), hostname);
    let losing = false;
    const cut = () => {
      client.destroy();
      database.destroy();
    };
    for (const socket of [client, database]) {
      sockets.add(socket);
      if (silent) socket.pause();
      socket.setNoDelay(true);
      socket.on('error', cut);
      socket.on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    let blackHole = false;
    client.on('data', (data) => {
      if (commitSilenced && isCommit(data)) {
        blackHole = true;
        commitSilenced();
        commitSilenced = undefined;
      }
      if (blackHole) return;
      losing ||= commitLost !== undefined && isCommit(data);
      database.write(data);
    });
    // PostgreSQL answers a COMMIT when it is durable: from here on nobody can undo it.
    database.on('data', (data) => {
      if (!losing || !commitLost) return void client.write(data);
      cut();
      commitLost();
      commitLost = undefined;
    });
  });

  const listen = async (at: number) => {
    server.listen(at, '127.0.0.1');
    await once(server, 'listening');
  };
  const down = async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  // Nobody else takes it while the proxy is down.
  const ownPort = await freePort();
  await listen(ownPort);
  onTestFinished(async () => {
    if (server.listening) await down();
  });
  return {
    url: Object.assign(new URL(target), { hostname: '127.0.0.1', port: String(ownPort) }).href,
    down,
    up: () => listen(ownPort),
    turnTo(next) {
      ({ hostname, port } = new URL(next));
    },
    silenceNextCommit: () => new Promise((resolve) => (commitSilenced = resolve)),
    silence() {
      silent = true;
      for (const socket of sockets) socket.pause();
    },
    speak() {
      silent = false;
      for (const socket of sockets) socket.resume();
    },
    loseNextCommit: () => new Promise((resolve) => (commitLost = resolve)),
  };
}

/**
 * Holds a COMMIT: as a simple query (`Q`, length, text, zero byte), or parsed behind the statements that it goes with (`P`, length, no
 * name, text). https://www.postgresql.org/docs/18/protocol-message-formats.html
 */
function isCommit(data: Buffer): boolean {
  return (data[0] === 0x51 && data.subarray(5).equals(COMMIT)) || data.includes(PARSED_COMMIT);
}

const COMMIT = Buffer.from('commit\0');
const PARSED_COMMIT = Buffer.from('\0commit\0');
