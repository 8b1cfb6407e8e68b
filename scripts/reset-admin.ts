// `npm run reset-admin`: a new access link for an administrator who cannot sign in, on the machine of the database.
import { parseArgs } from 'node:util';
import { ConfigError, readConfig } from '../api/src/config.ts';
import { openDatabase } from '../api/src/database/connection.ts';
import { migrate } from '../api/src/database/migrate.ts';
import { withEmbeddedPostgres } from '../api/src/embedded-postgres.ts';
import { accessLinkOf } from '../api/src/modules/accounts/access-links/access-links.ts';
import { NoAdminError, resetAdmin } from '../api/src/modules/accounts/people/reset-admin.ts';

const HELP = `Usage: npm run reset-admin [-- --email <e-mail>]

Gives an administrator who cannot sign in a new access link, by which they choose a password. It works while the service runs and
while it does not. It finds the database as npm start does: by DATABASE_URL, else in DATA_DIR.

  --email <e-mail>  which account, when there are several administrators. An account that is disabled is enabled, and one
                    that is no administrator becomes one.
  --help            this text`;

const CHANGES = {
  enabled: 'The account was disabled and is enabled now.',
  promoted: 'The account was no administrator and is one now.',
} as const;

/** One administrator's worth of work. */
const OPTIONS = {
  poolSize: 2,
  maxWaiting: 10,
  acquireTimeoutMs: 10_000,
  statementTimeoutMs: 10_000,
  keepPrepared: false,
  onIdleError: () => undefined,
  onReturn: () => undefined,
};

try {
  const { values } = parseArgs({ options: { email: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help) console.log(HELP);
  else await reset(values.email);
} catch (error) {
  const known = error instanceof NoAdminError || error instanceof ConfigError;
  const usage = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  console.error(usage ? `${(error as Error).message}\n\n${HELP}` : (error as Error).message);
  if (!known && !usage && process.env.LOG_LEVEL === 'debug') console.error(error);
  process.exitCode = 1;
}

async function reset(email: string | undefined): Promise<void> {
  const config = readConfig(process.env);
  const origin = config.publicUrl ?? `http://localhost:${config.port}`;
  const work = async (url: string) => {
    await migrate(url);
    const db = openDatabase({ url: () => url, ...OPTIONS });
    try {
      const { token, expiresAt, changes, ...admin } = await resetAdmin(db, email);
      console.log(
        [
          '',
          `  Access link for ${admin.email}: ${accessLinkOf(origin, token)}`,
          `  It is shown only now, works once, and until ${expiresAt.toISOString()}. Open it while the service runs.`,
          ...changes.map((change) => `  ${CHANGES[change]}`),
          '',
        ].join('\n'),
      );
    } finally {
      await db.destroy();
    }
  };
  if (config.databaseDirectUrl) await work(config.databaseDirectUrl);
  else {
    const log = { info: () => undefined, warn: (message: string) => console.error(message) };
    await withEmbeddedPostgres({ dataDir: config.dataDir, bin: config.embeddedPostgresBin, log }, work);
  }
}
