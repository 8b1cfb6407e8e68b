// Makes load, as a process of its own that `load.ts` starts and orders. It writes and reads bytes itself: a request costs it about
// 10 µs, and node:http as a client costs more than the server under test.
import { connect } from 'node:net';
import { quantile } from '../statistics.ts';
import { answerOrders } from './child.ts';
import type { LoadMessage, LoadOrder, LoadReport, LoadWork } from './load.ts';

/** Latencies that are kept; a run has at most some hundred thousand. */
const MAX_REQUESTS = 5_000_000;
const TICK_MS = 1;
/** Of an open loop, not counted: a server accepts one connection in each turn of its event loop, so the first requests wait for hundreds. */
const WARM_UP_SECONDS = 1;

interface Connection {
  send: (text: string) => void;
  end: () => void;
}

let tokens: readonly string[] = [];

answerOrders(async (message: LoadMessage) => {
  if ('order' in message) return run(message.order);
  ({ tokens } = message);
  return undefined;
});

async function run(order: LoadOrder): Promise<LoadReport> {
  const textOf = writer(order.work);
  const unexpected: Record<string, number> = {};
  const latencies = new Float64Array(Math.min(order.count ?? MAX_REQUESTS, MAX_REQUESTS));
  const late = new Float64Array(order.rate ? latencies.length : 0);
  let sent = 0;
  let answered = 0;
  let counted = 0;
  let refused = 0;
  const idle: number[] = [];
  const dueAt: number[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => undefined);

  const connections = await Promise.all(
    Array.from({ length: order.connections }, (_, index) =>
      open(order.url, (status, answer) => onAnswer(index, status, answer), reject),
    ),
  );
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const deadline = order.seconds === undefined ? Infinity : startedAt + order.seconds * 1000;
  const countedFrom = startedAt + (order.rate ? WARM_UP_SECONDS * 1000 : 0);
  const limit = Math.min(order.count ?? Infinity, MAX_REQUESTS);

  function onAnswer(index: number, status: string, answer: Buffer): void {
    const now = performance.now();
    answered += 1;
    if (dueAt[index]! >= countedFrom) {
      latencies[counted] = now - dueAt[index]!;
      counted += 1;
    }
    if (status !== '200') {
      const what = `${status} ${bodyOf(answer)}`;
      if (what === order.work.refusal) refused += 1;
      else unexpected[what] = (unexpected[what] ?? 0) + 1;
    }
    next(index, now);
  }

  /** Closed loop: the next request follows the answer. In an open loop the connection waits for what is due. */
  function next(index: number, now: number): void {
    if (!order.rate && now < deadline && sent < limit) send(index, now);
    else idle.push(index);
    if (order.rate ? sent === total && answered === sent : idle.length === connections.length) resolve();
    else if (order.rate) sendDue(now);
  }

  function send(index: number, due: number): void {
    dueAt[index] = due;
    connections[index]!.send(textOf(order.from + sent));
    sent += 1;
  }

  // Open loop: requests are due at a constant rate whatever the answers do, and what they wait for a connection (or for this
  // process) is part of their latency. Otherwise a server that stalls would be asked less, and only its first victim counted.
  const total = order.rate ? Math.round(order.rate * (WARM_UP_SECONDS + order.seconds!)) : 0;
  function sendDue(now: number): void {
    while (idle.length > 0 && sent < total) {
      const due = startedAt + (sent * 1000) / order.rate!;
      if (due > now) return;
      late[sent] = now - due;
      send(idle.pop()!, due);
    }
  }
  function tick(): void {
    if (sent === total) return;
    sendDue(performance.now());
    setTimeout(tick, TICK_MS);
  }

  if (order.rate) {
    idle.push(...connections.keys());
    tick();
  } else {
    for (const index of connections.keys()) next(index, startedAt);
  }
  await promise;
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  for (const { end } of connections) end();
  const sorted = latencies.subarray(0, counted).sort();
  return {
    answered,
    refused,
    seconds,
    p50: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    most: quantile(sorted, 1),
    lateP99: order.rate ? quantile(late.subarray(order.rate * WARM_UP_SECONDS, sent).sort(), 0.99) : 0,
    cpu: (user + system) / 1e6,
    unexpected,
  };
}

/** The bytes of request n; what does not depend on n is put together once. */
function writer({ method, path, body, keyed }: LoadWork): (n: number) => string {
  const content =
    body === undefined
      ? '\r\n'
      : `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  const rest = tokens.map(
    (token) => ` HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${token}\r\n${content}`,
  );
  if (keyed)
    return (n) =>
      `${method} ${path} HTTP/1.1\r\nidempotency-key: bench ${n}${rest[n % rest.length]!.slice(' HTTP/1.1'.length)}`;
  const [start, end] = `${method} ${path}`.split('{n}');
  if (end === undefined) {
    const texts = rest.map((text) => start! + text);
    return (n) => texts[n % texts.length]!;
  }
  return (n) => start! + String(n) + end + rest[n % rest.length]!;
}

function open(
  url: string,
  onAnswer: (status: string, answer: Buffer) => void,
  onError: (error: Error) => void,
): Promise<Connection> {
  const { hostname, port } = new URL(url);
  let pending: Buffer | undefined;
  let ended = false;
  const onBytes = (count: number, buffer: Uint8Array): boolean => {
    let got = Buffer.from(buffer.buffer, buffer.byteOffset, count);
    if (pending) got = Buffer.concat([pending, got]);
    const length = answerLength(got);
    // One request is under way on a connection: what arrives is one answer, or a part of it.
    if (got.length < length) {
      pending = Buffer.from(got);
    } else {
      pending = undefined;
      onAnswer(got.toString('latin1', 9, 12), got);
    }
    return true;
  };
  return new Promise((resolve, reject) => {
    const socket = connect(
      {
        host: hostname,
        port: Number(port),
        noDelay: true,
        onread: { buffer: Buffer.alloc(16_384), callback: onBytes },
      },
      () =>
        resolve({
          send: (text) => socket.write(text, 'latin1'),
          end() {
            ended = true;
            socket.destroy();
          },
        }),
    );
    const fail = (error: Error) => {
      if (ended) return;
      reject(error);
      onError(error);
    };
    socket.on('error', fail);
    socket.on('close', () => fail(new Error('the server closed a connection')));
  });
}

/** Of a whole answer; Infinity while its head has not arrived. */
function answerLength(bytes: Buffer): number {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return Infinity;
  const at = bytes.indexOf('content-length: ');
  if (at === -1 || at > end)
    throw new Error(`an answer without a length: ${bytes.toString('latin1', 0, end)}`);
  return end + 4 + Number.parseInt(bytes.toString('latin1', at + 16, at + 26), 10);
}

/** What an unexpected answer says, without what differs from one to the next. */
const bodyOf = (answer: Buffer) => {
  const body = answer.toString('utf8').split('\r\n\r\n')[1]!;
  return /"code":"([^"]+)"/.exec(body)?.[1] ?? body.slice(0, 200);
};
