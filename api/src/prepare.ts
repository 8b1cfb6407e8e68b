import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { buildApp } from './app.ts';
import { type Config, ConfigError } from './config.ts';
import { isOutage, isTimeout } from './database/errors.ts';
import { migrate } from './database/migrate.ts';
import { readSecret, secretPassword } from './database/secret-password.ts';
import { backgroundModules } from './modules/index.ts';
import { ensureFirstAdmin } from './modules/accounts/people/first-admin.ts';

/** A database that sleeps, or has just been made, may take this long to answer; so may a backup that holds a table. */
const PATIENCE_MS = 120_000;
const PAUSE_MS = 2_000;

/**
 * Makes the database ready for this version: schema, data, first administrator. May be done again, and by several at once.
 * @param run does each part but the last, which shows its password only once, and so is done to its end
 * @returns the first administrator, if it was made now
 */
export async function prepareDatabase(
  app: FastifyInstance,
  config: Config,
  run: (work: () => Promise<unknown>) => Promise<unknown> = (work) => work(),
): Promise<{ email: string; password?: string } | null> {
  await run(async () => {
    const url = config.databaseDirectUrl ?? app.readiness.databaseUrl!;
    const { databaseSecretArn: secret } = config;
    const applied = await migrate(url, secret === undefined ? undefined : secretPassword(secret).read);
    if (applied.length > 0) app.log.info({ applied }, 'migrated the database');
  });
  for (const work of [...app.upgrades, ...app.preparations]) await run(work);
  return ensureFirstAdmin(app, config);
}

/**
 * The same as a task of its own, which a deployment runs before the new version gets traffic.
 * @throws {ConfigError} without the first administrator's password: one made up here would be shown in a log alone
 */
export async function prepareDeployment(config: Config): Promise<{ firstAdministrator: string | null }> {
  const { adminPasswordSecretArn: secret } = config;
  const adminPassword = config.adminPassword ?? (secret && (await readSecret(secret)));
  if (!config.databaseUrl || !config.adminEmail || !adminPassword)
    throw new ConfigError('DATABASE_URL, ADMIN_EMAIL and ADMIN_PASSWORD must be set');
  const app = await buildApp({
    config: { ...config, jobConcurrency: 0, sweepSeconds: 0 },
    modules: backgroundModules,
  });
  try {
    await app.ready();
    const admin = await retryWhileAway(() => prepareDatabase(app, { ...config, adminPassword }));
    return { firstAdministrator: admin?.email ?? null };
  } finally {
    await app.close();
  }
}

async function retryWhileAway<T>(work: () => Promise<T>): Promise<T> {
  for (const deadline = performance.now() + PATIENCE_MS; ; await wait(PAUSE_MS)) {
    try {
      return await work();
    } catch (error) {
      if (!(isOutage(error) || isTimeout(error)) || performance.now() > deadline) throw error;
    }
  }
}
