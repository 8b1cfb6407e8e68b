import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createDatabaseRole } from '../support/database-role.ts';
import { createTestDatabase } from '../support/database.ts';
import { launchServer, untilReady } from '../support/server.ts';
import { rowsOf, setStage, type StagedUser } from '../support/stage.ts';

/** The one call of Secrets Manager that is made, on this machine. */
async function startSecretsManager(secret: () => object) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(String(request.headers['x-amz-target']));
    request.resume().once('end', () => {
      response.setHeader('content-type', 'application/x-amz-json-1.1');
      response.end(JSON.stringify({ SecretString: JSON.stringify(secret()) }));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

test('a password in Secrets Manager is rotated: new connections take the new one, and nobody is refused', async () => {
  const database = await createTestDatabase();
  const role = await createDatabaseRole(database.url);
  onTestFinished(async () => {
    await role.drop();
    await database.drop();
  });
  let password = role.name;
  const manager = await startSecretsManager(() => ({ username: role.name, password }));
  const server = await launchServer({
    DATABASE_URL: Object.assign(new URL(role.url), { password: '' }).href,
    DATABASE_SECRET_ARN: 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:test',
    AWS_ENDPOINT_URL_SECRETS_MANAGER: manager.url,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
  });
  await untilReady(server);
  const { users, bookId } = await setStage(database.url, { users: 20, codes: 2 });
  const claim = async (user: { headers: { authorization: string } }) => {
    const response = await fetch(`${server.url}/api/v1/coupons/assign/random`, {
      method: 'POST',
      headers: { ...user.headers, 'content-type': 'application/json' },
      body: JSON.stringify({ bookId }),
    });
    return response.status;
  };
  expect(await claim(users[0]!)).toBe(200);

  password = 'the next one';
  await rowsOf(database.url, `ALTER ROLE ${role.name} PASSWORD 'the next one'`);
  await rowsOf(
    database.url,
    `SELECT count(pg_terminate_backend(pid, 60000)) FROM pg_stat_activity WHERE usename = '${role.name}'`,
  );
  // Many connections are refused at once.
  const look = async ({ headers }: StagedUser) =>
    (await fetch(`${server.url}/api/v1/coupons`, { headers })).status;
  expect(new Set(await Promise.all(users.map(look)))).toEqual(new Set([200]));
  expect(await claim(users[1]!)).toBe(200);
  expect(new Set(manager.asked)).toEqual(new Set(['secretsmanager.GetSecretValue']));
  // Once for all that start, and once after the refusal.
  expect(manager.asked.length).toBeLessThanOrEqual(3);
});
