import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';

/** What a body must bring in each stretch of time: 1 kB a second, so that a client cannot hold its place with a byte now and then. */
const LEAST_BYTES = 65_536;
const STRETCH_MS = 60_000;

/** Connections whose request may take longer than the server's limit for a whole request. */
const allowed = new WeakSet<Socket>();

export const mayBeSlow = (socket: Socket): boolean => allowed.has(socket);

/**
 * Lets `receive` take in the body of a request for as long as the body makes progress: a file of 15 MB over a slow line takes longer
 * than the two minutes that a request has otherwise. Only for routes that know their caller and bound how many of them receive at a
 * time. A body that stalls is answered like any other request that did not arrive in time.
 */
export async function allowSlowBody<T>(
  request: FastifyRequest,
  receive: () => Promise<T>,
  { leastBytes = LEAST_BYTES, stretchMs = STRETCH_MS } = {},
): Promise<T> {
  const { socket } = request.raw;
  let before = socket.bytesRead;
  const watch = setInterval(() => {
    const now = socket.bytesRead;
    if (now - before < leastBytes) {
      stop();
      request.server.server.emit('clientError', timedOut(), socket);
    }
    before = now;
  }, stretchMs);
  const stop = () => {
    clearInterval(watch);
    allowed.delete(socket);
  };
  allowed.add(socket);
  try {
    return await receive();
  } finally {
    stop();
  }
}

/** As Node says it of a request that has not arrived in time. */
const timedOut = () =>
  Object.assign(new Error('the body of the request makes no progress'), {
    code: 'ERR_HTTP_REQUEST_TIMEOUT',
  });
