import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { journeys } from '../../journeys/stories.ts';
import { openWorld, type World } from '../../journeys/world.ts';
import { startServer, untilReady } from '../../race/server-process.ts';
import { bundledFunctions } from '../support/bundled-functions.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';
import { eventually } from '../support/eventually.ts';
import { startPlatform } from '../support/lambda-platform.ts';

const ADMIN = { email: 'first@example.test', password: 'a long and unusual sentence' };

type Env = Record<string, string>;

/** The product in one of its forms, behind one address. */
interface Running {
  url: string;
  stop: () => Promise<unknown>;
}

const program = (name: string) => fileURLToPath(new URL(`../../src/run/${name}.ts`, import.meta.url));

async function asProgram(name: string, env: Env): Promise<Running> {
  const server = await startServer({ file: program(name), env });
  await untilReady(server);
  return server;
}

/** Its parts, as their launcher starts them. */
async function asServices(env: Env): Promise<Running> {
  const launcher = await asProgram('services', env);
  await eventually(async () => {
    const response = await fetch(`${launcher.url}/health/ready`, { headers: { connection: 'close' } });
    const { services } = (await response.json()) as { services: Record<string, string> };
    return Object.values(services).every((state) => state === 'ready');
  });
  return launcher;
}

/** The bundles that are sent to AWS, behind what makes events of requests as API Gateway does. */
async function asFunctions(env: Env): Promise<Running> {
  return startPlatform({ folder: await bundledFunctions(), env });
}

const forms: [string, (env: Env) => Promise<Running>, without: string[]][] = [
  ['monolith', (env) => asProgram('monolith', env), []],
  ['services', asServices, []],
  // CloudFront takes the web app from S3; API Gateway does not have it.
  ['serverless', asFunctions, ['the web app']],
];

describe.each(forms)('%s, by its address alone', (_form, start, without) => {
  let database: TestDatabase;
  let running: Running | undefined;
  let world: World;
  beforeAll(async () => {
    database = await createTestDatabase();
    running = await start({
      DATABASE_URL: database.url,
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      RATE_LIMIT_SCALE: '100000',
      LOG_LEVEL: 'warn',
      DRAIN_SECONDS: '0',
    });
    world = await openWorld(running.url, ADMIN);
  });
  afterAll(async () => {
    await world?.close();
    await running?.stop();
    await database.drop();
  });

  test.each(Object.entries(journeys).filter(([name]) => !without.includes(name)))('%s', async (_name, go) => {
    await go(world);
  });
});

test('what a form goes without is a journey', () => {
  for (const [, , without] of forms)
    for (const name of without) expect(Object.keys(journeys)).toContain(name);
});
