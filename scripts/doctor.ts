// `npm run doctor`: looks at the database of a service, or at a running service, and says what is wrong and what to do.
import { parseArgs } from 'node:util';
import { ConfigError, readConfig, version } from '../api/src/config.ts';
import { openDatabase } from '../api/src/database/connection.ts';
import { examine } from '../api/src/doctor/examine.ts';
import type { Finding } from '../api/src/doctor/finding.ts';
import { askService } from '../api/src/doctor/ask-service.ts';
import { withEmbeddedPostgres } from '../api/src/embedded-postgres.ts';

const HELP = `Usage: npm run doctor [-- --database <url> | --url <address>] [--data] [--json]

Looks at a service's database and says what is wrong, how bad it is, and what to do. It changes nothing. Without --database and --url
it finds the database as npm start does: by DATABASE_URL, else in DATA_DIR.

  --database <url>  another database
  --url <address>   a running service, from outside: whether it lives, is ready, and has the right time. With ADMIN_EMAIL and
                    ADMIN_PASSWORD in the environment it signs in and shows what the service finds itself.
  --data            also compare all coupons with their counters, history and events (about a minute for 10 million coupons)
  --json            for programs
  --help            this text

Exit code: 0 nothing to do, 1 warnings, 2 errors, or it could not look.`;

/** One operator's worth of work. Its statements look at everything, so they may take a while. */
const OPTIONS = {
  poolSize: 1,
  maxWaiting: 10,
  acquireTimeoutMs: 10_000,
  statementTimeoutMs: 60_000,
  onIdleError: () => undefined,
  onReturn: () => undefined,
};

const MARKS = { error: 'ERROR  ', warning: 'WARNING', notice: 'NOTICE ' } as const;

try {
  const { values } = parseArgs({
    options: {
      database: { type: 'string' },
      url: { type: 'string' },
      data: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) console.log(HELP);
  else {
    const findings = values.url
      ? await askService(values.url, { data: values.data, env: process.env })
      : await withDatabase(values.database, (url) => examineDatabase(url, values.data));
    report(findings, values.json);
  }
} catch (error) {
  const usage = (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS');
  console.error(usage ? `${(error as Error).message}\n\n${HELP}` : (error as Error).message);
  if (!usage && !(error instanceof ConfigError) && process.env.LOG_LEVEL === 'debug') console.error(error);
  process.exitCode = 2;
}

async function withDatabase<T>(url: string | undefined, work: (url: string) => Promise<T>): Promise<T> {
  if (url !== undefined) return work(url);
  const config = readConfig(process.env);
  if (config.databaseDirectUrl) return work(config.databaseDirectUrl);
  const log = { info: () => undefined, warn: (message: string) => console.error(message) };
  return withEmbeddedPostgres({ dataDir: config.dataDir, bin: config.embeddedPostgresBin, log }, work);
}

async function examineDatabase(url: string, data: boolean): Promise<Finding[]> {
  const db = openDatabase({ url: () => url, ...OPTIONS });
  const onBook = (done: number, of: number) => process.stderr.write(`\r${done} of ${of} books compared`);
  try {
    return await examine(db, { data, ...(process.stderr.isTTY && { onBook }) });
  } finally {
    if (data && process.stderr.isTTY) process.stderr.write('\n');
    await db.destroy();
  }
}

function report(findings: readonly Finding[], json: boolean): void {
  const has = (severity: Finding['severity']) => findings.some((finding) => finding.severity === severity);
  process.exitCode = has('error') ? 2 : has('warning') ? 1 : 0;
  if (json) {
    console.log(JSON.stringify({ checkedAt: new Date().toISOString(), version, findings }, null, 2));
    return;
  }
  for (const { severity, reason, detail, advice, run } of findings)
    console.log(
      [
        `${MARKS[severity]} ${detail} [${reason}]`,
        `        ${advice}`,
        ...run.map((statement) => `          ${statement}`),
      ].join('\n'),
    );
  console.log(findings.length === 0 ? 'Nothing found: all is well.' : `${findings.length} found.`);
}
