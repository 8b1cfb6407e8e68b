import { sql } from 'kysely';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { rotateSigningKeys } from '../../src/access/signing-keys.ts';
import { startTestApp, type TestApp } from '../support/app.ts';
import { bearer, login, refresh, register, sessionOf } from '../support/auth.ts';
import { createDatabaseRole, runAll } from '../support/database-role.ts';
import { eventually } from '../support/eventually.ts';
import { launchServer, untilReady } from '../support/server.ts';
import { setStage } from '../support/stage.ts';
import { insertBook } from '../support/nodes.ts';
import { startReceiver } from '../support/receiver.ts';
import { call, deliveriesOf, makeWebhook, spendCoupon } from '../support/webhooks.ts';

const config = { rateLimitScale: 10_000, sweepSeconds: 0, webhookAllowPrivate: ['127.0.0.0/8'] };

let first: TestApp;
let second: TestApp;
beforeAll(async () => {
  first = await startTestApp({ config });
  second = await startTestApp({ config, databaseUrl: first.databaseUrl });
  await first.app.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await second.close();
  await first.close();
});

const kidOf = ({ authorization }: { authorization: string }) =>
  (JSON.parse(Buffer.from(authorization.slice(7).split('.')[0]!, 'base64url').toString()) as { kid: string })
    .kid;

test('the key of access tokens is replaced while people claim and renew their tokens: nobody is refused', async () => {
  const book = await insertBook(first.db, 500);
  const people = await Promise.all(
    [first, second].map(async ({ app }) => {
      const signedIn = await login(app, await register(app));
      return { headers: bearer(signedIn), session: sessionOf(signedIn) };
    }),
  );
  /** Each claims at each process, with the token of before and with a new one, which one process made. */
  const round = async () => {
    for (const [index, person] of people.entries()) {
      const claim = (t: TestApp) =>
        t.app.inject({
          method: 'POST',
          url: '/api/v1/coupons/assign/random',
          headers: person.headers,
          payload: { bookId: book.id },
        });
      const answers = await Promise.all([claim(first), claim(second)]);
      const renewed = await refresh([first, second][index]!.app, person.session);
      Object.assign(person, { headers: bearer(renewed), session: sessionOf(renewed) });
      answers.push(renewed, ...(await Promise.all([claim(first), claim(second)])));
      expect(answers.map(({ statusCode }) => statusCode)).toEqual([200, 200, 200, 200, 200]);
    }
    return people.map(({ headers }) => kidOf(headers));
  };

  const clock = performance.now.bind(performance);
  let passedMs = 0;
  const watch = vi.spyOn(performance, 'now').mockImplementation(() => clock() + passedMs);
  /** In the data and in what processes remember. */
  const pass = async (minutes: number) => {
    const interval = sql`${minutes} * interval '1 minute'`;
    await sql`UPDATE signing_keys SET created_at = created_at - ${interval}, expires_at = expires_at - ${interval}`.execute(
      first.db,
    );
    passedMs += minutes * 60_000;
  };
  try {
    const before = new Set(await round());
    await pass(91 * 24 * 60);
    await Promise.all([round(), rotateSigningKeys(first.db), rotateSigningKeys(second.db)]);
    await pass(2); // Both processes read the keys again; the new one does not sign yet.
    await round();
    expect(new Set(await round())).toEqual(before);
    await pass(2);
    await round();
    const after = await eventually(async () => {
      const kids = new Set(await round());
      return kids.size === 1 && [...kids].every((kid) => !before.has(kid)) ? kids : undefined;
    });
    await pass(57); // The key before verifies no longer.
    await round();
    expect(new Set(await round())).toEqual(after);
    expect(await second.app.accessTokens.publicKeys()).toHaveLength(1);
  } finally {
    watch.mockRestore();
  }
});

test('the secret of a webhook is replaced while events leave: the receiver changes to the new one when it likes', async () => {
  const admin = await first.asAdmin();
  const known: string[] = [];
  const receiver = await startReceiver((request, response, body) => {
    const good = known.some((secret) => {
      try {
        return Boolean(new Webhook(secret).verify(body, request.headers as Record<string, string>));
      } catch {
        return false;
      }
    });
    response.writeHead(good ? 204 : 401).end();
  });
  const webhook = await makeWebhook(first, admin, receiver.url);
  known.push(webhook.secret);
  const flow = async () => {
    const { bookId } = await spendCoupon(first);
    await eventually(() => receiver.received.filter(({ body }) => body.includes(bookId)).length >= 3);
  };
  await flow();
  const [rotated] = await Promise.all([
    call(first, admin, 'POST', `/webhooks/${webhook.id}/rotate-secret`, {}),
    flow(),
  ]);
  await flow(); // The receiver still has the former only.
  known.push(rotated.body.secret as string);
  await flow();
  known.shift();
  await flow();
  const delivered = await eventually(async () => {
    const all = await deliveriesOf(first, admin, webhook.id);
    return all.every(({ status }) => status === 'delivered') ? all : undefined;
  });
  expect(delivered.flatMap(({ attempts }) => attempts.map(({ status }) => status))).not.toContain(401);
});

test('the password of the database is replaced through a second role, process by process: nobody is refused', async () => {
  const { databaseUrl } = first;
  const { users, bookId } = await setStage(databaseUrl, { users: 40, codes: 40 });
  const roles = [await createDatabaseRole(databaseUrl), await createDatabaseRole(databaseUrl)];
  const launch = async (url: string) => {
    const server = await launchServer({ DATABASE_URL: url, SWEEP_SECONDS: '0' });
    await untilReady(server);
    return server;
  };
  const answers: Promise<number>[] = [];
  const claim = async (url: string) => {
    const { headers } = users[answers.length]!;
    const answer = fetch(`${url}/api/v1/coupons/assign/random`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json' },
      body: JSON.stringify({ bookId }),
    });
    answers.push(answer.then(({ status }) => status));
    await answer;
  };
  try {
    const old = await launch(roles[0]!.url);
    for (let n = 0; n < 10; n += 1) await claim(old.url);
    const next = await launch(roles[1]!.url);
    // As behind a load balancer while the old one is told to stop.
    for (let n = 0; n < 10; n += 1) await Promise.all([claim(old.url), claim(next.url)]);
    old.kill('SIGTERM');
    expect(await old.exited).toBe(0);
    await runAll(databaseUrl, [`ALTER ROLE ${roles[0]!.name} PASSWORD 'what nobody knows'`]);
    for (let n = 0; n < 10; n += 1) await claim(next.url);
    expect(await Promise.all(answers)).toEqual(answers.map(() => 200));
    next.kill('SIGTERM');
    await next.exited;
  } finally {
    for (const role of roles) await role.drop();
  }
});
