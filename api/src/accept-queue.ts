import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** Under a flood of connections that nobody completes there may be no empty moment. */
const GIVE_UP_MS = 5_000;

/** What Node's handles of sockets can do, and its types do not say. */
interface Handle {
  listen: (backlog: number) => number;
  getsockname: (into: { port?: number }) => number;
}
const handleOf = (of: net.Server | net.Socket) => (of as unknown as { _handle: Handle | null })._handle;

/**
 * Stops accepting connections and loses none. The kernel completes connections before we accept them, and resets those that still
 * wait when their server closes: on a busy machine there are always some. So we close at a moment at which it holds none but one of
 * our own.
 * @param ownsQueue whether it is this process that accepts; among several workers it is their primary
 * @returns false when there was no such moment, and some may have been lost
 */
export async function stopAccepting(
  server: net.Server,
  { ownsQueue }: { ownsQueue: boolean },
): Promise<boolean> {
  if (!server.listening) return true;
  const isEmpty = ownsQueue && sockets() ? await emptyQueue(server) : await drainQueue(server);
  // Not http's own close(), which also cuts connections that are idle at this instant, on which a request may be arriving.
  net.Server.prototype.close.call(server);
  return isEmpty;
}

/**
 * Makes the queue one place long, and takes that place. Whoever comes now is not answered, tries again a second later, and is refused
 * by then. When this resolves nothing else waits, as long as the caller closes in the same turn.
 */
async function emptyQueue(server: net.Server): Promise<boolean> {
  handleOf(server)!.listen(0);
  for (const deadline = performance.now() + GIVE_UP_MS; performance.now() < deadline;) {
    await acceptAll(server, deadline);
    const own = connect(server);
    // It connects in the next tick; the event loop, which accepts, does not get its turn before we have looked.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const port = portOf(own);
    const waiting = sockets()!.filter((socket) => socket.local === portOf(server) && isWaiting(socket));
    const [only] = waiting;
    // Destroyed later: until then it holds the place.
    setImmediate(() => own.destroy());
    if (waiting.length === 1 && only!.state === ESTABLISHED && only!.remote === port) return true;
  }
  return false;
}

/**
 * Each turn of the event loop accepts one connection. Turns without a pause are cheap; on a busy machine each pause, and each look at
 * the kernel's sockets, would cost a third of a second.
 */
async function acceptAll(server: net.Server, deadline: number): Promise<void> {
  let hasAccepted = true;
  const note = () => (hasAccepted = true);
  server.on('connection', note);
  while (hasAccepted && performance.now() < deadline) {
    hasAccepted = false;
    // Two: the first may be what is left of the turn that is going on.
    await nextTurn();
    await nextTurn();
  }
  server.off('connection', note);
}

/** So often, one after the other, a connection of our own goes through the queue: it takes longer where the machine is busy. */
const PASSES = 10;

/**
 * Waits until connections of our own have been answered: all that came before the last have been accepted. Those that come between
 * that and the close are lost.
 */
async function drainQueue(server: net.Server): Promise<boolean> {
  const signal = AbortSignal.timeout(GIVE_UP_MS);
  try {
    for (let n = 0; n < PASSES; n += 1) {
      const own = connect(server);
      try {
        own.end('not HTTP\r\n\r\n');
        await once(own, 'data', { signal });
      } finally {
        own.destroy();
      }
    }
    return true;
  } catch {
    return false;
  }
}

function connect(server: net.Server): net.Socket {
  const { address, port } = server.address() as net.AddressInfo;
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[address] ?? address;
  return net.connect({ host, port }).on('error', () => undefined);
}

function portOf(of: net.Server | net.Socket): number | undefined {
  const name: { port?: number } = {};
  handleOf(of)?.getsockname(name);
  return name.port;
}

interface KernelSocket {
  local: number;
  remote: number;
  state: string;
  /** 0: no process has it. */
  inode: string;
}

// https://www.kernel.org/doc/html/latest/networking/proc_net_tcp.html and the kernel's tcp_states.h
const ESTABLISHED = '01';
const HALF_OPEN = '03';
const CLOSED_BY_CLIENT = '08';

/** Completed and not yet accepted, or about to be completed. */
const isWaiting = ({ state, inode }: KernelSocket) =>
  state === HALF_OPEN || ((state === ESTABLISHED || state === CLOSED_BY_CLIENT) && inode === '0');

/** All TCP sockets of this machine (or container), or null where the kernel does not tell. */
function sockets(): KernelSocket[] | null {
  const lines = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((path) => {
    try {
      return readFileSync(path, 'latin1').trim().split('\n').slice(1);
    } catch {
      return [];
    }
  });
  if (lines.length === 0) return null;
  const port = (address: string) => parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
  return lines.map((line) => {
    const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/) as [string, ...string[]];
    return { local: port(local!), remote: port(remote!), state: state!, inode: inode! };
  });
}
