import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { expectEachUserRedeemedOnce, startJourneys } from '../support/journeys.ts';
import { freePort, launchServer, untilReady } from '../support/server.ts';
import { setStage } from '../support/stage.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

test('kill -9 of the server loses nothing it acknowledged, and a repeat on the next one changes nothing twice', async () => {
  const stage = await setStage(database.url, { users: 300, codes: 320 });
  const env = { DATABASE_URL: database.url, PORT: String(await freePort()) };
  let server = await launchServer(env);
  await untilReady(server);
  const journeys = startJourneys(() => server.url, stage);

  for (const at of [150, 450]) {
    await eventually(() => journeys.acknowledged() >= at);
    server.kill('SIGKILL');
    await server.exited;
    server = await launchServer(env);
  }
  await journeys.finished;

  expect(journeys.interrupted()).toBeGreaterThan(0);
  await expectEachUserRedeemedOnce(database.url, stage);
});

test('two servers give one Idempotency-Key one change, also when it reaches both at once', async () => {
  const stage = await setStage(database.url, { users: 20, codes: 100, limit: 50 });
  const servers = await Promise.all([1, 2].map(() => launchServer({ DATABASE_URL: database.url })));
  await Promise.all(servers.map((server) => untilReady(server)));

  for (const user of stage.users) {
    const key = randomUUID();
    const claim = async (url: string) => {
      const response = await fetch(`${url}/api/v1/coupons/assign/random`, {
        method: 'POST',
        headers: { ...user.headers, 'content-type': 'application/json', 'idempotency-key': key },
        body: JSON.stringify({ bookId: stage.bookId }),
      });
      return { status: response.status, text: await response.text() };
    };
    const answers = await Promise.all([...servers, ...servers].map(({ url }) => claim(url)));
    // "Still running" is an honest answer to a repeat; a second coupon is not.
    const coupons = new Set(answers.filter(({ status }) => status === 200).map(({ text }) => text));
    expect(coupons.size).toBe(1);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    expect((await claim(servers[1]!.url)).text).toBe([...coupons][0]);
  }
});
