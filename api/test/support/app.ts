import { randomUUID } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { sql } from 'kysely';
import { buildApp } from '../../src/app.ts';
import { type Config, readConfig } from '../../src/config.ts';
import type { Database } from '../../src/database/connection.ts';
import type { UserRole } from '../../src/database/types.ts';
import { allModules } from '../../src/modules/index.ts';
import type { Module } from '../../src/modules/module.ts';
import { signAccessToken } from '../../src/plugins/authentication.ts';
import { createTestDatabase } from './database.ts';
import { reform } from './forms.ts';
import { bePatient, prepareAll } from './patience.ts';

export interface TestUser {
  id: string;
  email: string;
  /** What a request of this user carries. */
  headers: { authorization: string };
}

export interface TestUserOverrides {
  email?: string;
  name?: string | null;
  role?: UserRole;
  disabled?: boolean;
  /** As an account is that an administrator made, unless told otherwise. */
  confirmed?: boolean;
}

export interface TestApp {
  app: FastifyInstance;
  db: Database;
  databaseUrl: string;
  /** Inserts a user and signs a token for it. */
  asUser: (overrides?: TestUserOverrides) => Promise<TestUser>;
  asAdmin: (overrides?: TestUserOverrides) => Promise<TestUser>;
  close: () => Promise<void>;
}

export interface TestAppOptions {
  /** All, unless the test needs its own. */
  modules?: readonly Module[];
  config?: Partial<Config>;
  /**
   * Requests are not answered with 503 when they take longer than is promised: for crowds and for passwords, which a machine with much
   * else to do is slow with.
   */
  patient?: boolean;
  /** A database to share with another app of the same test; it is then the other's to drop. */
  databaseUrl?: string;
}

/**
 * The app on a database of its own, ready for `app.inject`; `close()` it in `afterAll`. It does not listen, so no chore runs:
 * what a chore does, a test calls itself.
 */
export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const database = options.databaseUrl ? undefined : await createTestDatabase();
  const databaseUrl = options.databaseUrl ?? database!.url;
  const config = { ...readConfig({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'error' }), ...options.config };
  const app = await buildApp({ config, modules: options.modules ?? allModules });
  const adapt = options.patient ? bePatient : () => undefined;
  adapt(app);
  if (!options.modules) await reform(app, config, adapt);
  await app.ready();
  await prepareAll([...app.upgrades, ...app.preparations]);
  app.readiness.prepared = true;

  async function asUser({
    email,
    name = null,
    role = 'USER',
    disabled = false,
    confirmed = true,
  }: TestUserOverrides = {}): Promise<TestUser> {
    const address = email ?? `${role.toLowerCase()}-${randomUUID()}@example.test`;
    const { rows } = await sql<{ id: string }>`
      INSERT INTO users (email, name, role, disabled_at, confirmed_at)
      VALUES (${address}, ${name}, ${role}, CASE WHEN ${disabled} THEN clock_timestamp() END,
              CASE WHEN ${confirmed} THEN clock_timestamp() END)
      RETURNING id`.execute(app.db);
    const { id } = rows[0]!;
    return {
      id,
      email: address,
      headers: { authorization: `Bearer ${await signAccessToken(app, { id, role })}` },
    };
  }

  return {
    app,
    db: app.db,
    databaseUrl,
    asUser,
    asAdmin: (overrides) => asUser({ role: 'ADMIN', ...overrides }),
    async close() {
      await app.close();
      await database?.drop();
    },
  };
}
