import { decodeJwt } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { launchServer, type ServerProcess, untilReady } from '../support/server.ts';
import { rowsOf } from '../support/stage.ts';

const ADMIN = { email: 'boss@example.org', password: 'a password of the boss' };
const MINUTES = 60_000;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** A server on a machine whose clock is wrong by so much. */
async function startServerOff(ms: number): Promise<ServerProcess> {
  const shift = `const { Date: Right } = globalThis;
    globalThis.Date = class Date extends Right {
      constructor(...given) { given.length ? super(...given) : super(Right.now() + ${ms}); }
      static now() { return Right.now() + ${ms}; }
    };`;
  const server = await launchServer(
    { DATABASE_URL: database.url, ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password },
    { flags: ['--import', `data:text/javascript,${encodeURIComponent(shift)}`] },
  );
  await untilReady(server);
  return server;
}

async function call<T>(server: ServerProcess, token: string, path: string, body?: object) {
  const response = await fetch(`${server.url}/api/v1${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as T };
}

test('servers whose clocks are 20 minutes ahead or behind do all as a right one does, and the doctor names them', async () => {
  const right = await startServerOff(0);
  const ahead = await startServerOff(20 * MINUTES);
  const behind = await startServerOff(-20 * MINUTES);
  const servers = [right, ahead, behind];
  const secondsOff = async () => {
    const [{ now }] = await rowsOf<{ now: Date }>(database.url, 'SELECT clock_timestamp() AS now');
    return (time: number) => Math.round(time - now.getTime() / 1000);
  };
  const near = (seconds: number) => expect.closeTo(seconds, -2) as number;

  const tokens: string[] = [];
  for (const server of servers) {
    const since = await secondsOff();
    // On a busy machine a sign-in may be told to come again.
    const token = await eventually(
      async () => (await call<{ accessToken?: string }>(server, '', '/auth/login', ADMIN)).body.accessToken,
    );
    const { iat, exp } = decodeJwt(token);
    expect([since(iat!), since(exp!)]).toEqual([near(0), near(15 * 60)]);
    tokens.push(token);
  }
  for (const server of servers)
    for (const token of tokens) expect((await call(server, token, '/books')).status).toBe(200);

  const [token] = tokens as [string];
  const { body: book } = await call<{ id: string }>(right, token, '/books', {
    name: 'Clocks',
    lockTtlSeconds: 300,
    maxAssignmentsPerUser: 3,
  });
  await rowsOf(
    database.url,
    "INSERT INTO coupons (book_id, code) SELECT $1, 'CLOCK-' || n FROM generate_series(1, 3) n",
    [book.id],
  );
  for (const [index, server] of servers.entries()) {
    const code = `CLOCK-${index + 1}`;
    expect((await call(server, token, `/coupons/assign/${code}`, {})).status).toBe(200);
    const since = await secondsOff();
    const { body } = await call<{ lockExpiresAt: string }>(server, token, `/coupons/lock/${code}`, {});
    expect(since(Date.parse(body.lockExpiresAt) / 1000)).toEqual(near(300));
    // Another one, by another clock, redeems it.
    const other = servers[(index + 1) % servers.length]!;
    expect((await call(other, token, `/coupons/redeem/${code}`, {})).status).toBe(200);
  }

  for (const [server, found] of [
    [right, []],
    [ahead, ['clock-differs']],
    [behind, ['clock-differs']],
  ] as const) {
    const { body } = await call<{ findings: { reason: string; values: { seconds: number } }[] }>(
      server,
      token,
      '/doctor',
    );
    const clocks = body.findings.filter(({ reason }) => reason === 'clock-differs');
    expect(clocks.map(({ reason }) => reason)).toEqual(found);
    for (const { values } of clocks) expect(values.seconds).toEqual(near(20 * 60));
  }
});
