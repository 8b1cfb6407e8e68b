import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import AjvCompiler from '@fastify/ajv-compiler';
import Type, { type Static } from 'typebox';
import { readNetworks } from './addresses.ts';
import { parseEmail } from './email.ts';
import { outgoing } from './outgoing.ts';
import { packageFiles } from './package-files.ts';

const seconds = (fallback: number, maximum: number, description: string) =>
  Type.Integer({ minimum: 0, maximum, default: fallback, description });

const serviceUrl = (name: string) =>
  Type.Optional(
    Type.String({
      pattern: '^https?://[^/\\s]+$',
      description: `where a gateway finds the ${name} service; nothing else reads it`,
    }),
  );

/**
 * Every environment variable that changes behaviour; nothing else does. `NAME_FILE` may stand for each `NAME` and gives the
 * path of a file that holds the value (Docker and Kubernetes secrets).
 */
export const environment = Type.Object({
  PORT: Type.Integer({ minimum: 0, maximum: 65_535, default: 8000, description: 'the port to listen on' }),
  HOST: Type.String({
    minLength: 1,
    default: '127.0.0.1',
    description: 'the address to listen on; 0.0.0.0 in a container',
  }),
  PUBLIC_URL: Type.Optional(
    Type.String({
      pattern: '^https?://[^/\\s]+$',
      description:
        'the address where people reach the service, without a path or a final slash, for example https://coupons.example.com; with https, cookies are Secure and HSTS is sent',
    }),
  ),
  DATABASE_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description: 'the database, PostgreSQL 15 or newer; unset: an embedded PostgreSQL is started',
    }),
  ),
  DATABASE_DIRECT_URL: Type.Optional(
    Type.String({
      pattern: '^postgres(ql)?://',
      description:
        'the same database without PgBouncer, for migrations. Set it only if DATABASE_URL is PgBouncer; it also turns prepared statements off',
    }),
  ),
  DATABASE_SECRET_ARN: Type.Optional(
    Type.String({
      pattern: '^arn:[\\w-]+:secretsmanager:',
      description:
        'on AWS: the secret in Secrets Manager that holds the `password` for DATABASE_URL, as RDS makes and rotates it; it is read again when the database refuses it',
    }),
  ),
  DATABASE_POOL_SIZE: Type.Integer({
    minimum: 1,
    maximum: 500,
    default: 10,
    description: 'the maximum number of database connections; 1 requires JOB_CONCURRENCY=0',
  }),
  DATABASE_STATEMENT_TIMEOUT_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 3600,
    default: 5,
    description: 'how long one statement of a request may run, in seconds; bulk work has its own limit',
  }),
  DATA_DIR: Type.String({
    minLength: 1,
    default: 'data',
    description: 'the folder of the embedded database',
  }),
  EMBEDDED_POSTGRES_BIN: Type.Optional(
    Type.String({
      description:
        'the bin folder of an installed PostgreSQL 15 or newer, such as /usr/lib/postgresql/18/bin, to use as the embedded one; unset: the one that comes with Coupon Book',
    }),
  ),
  ADMIN_EMAIL: Type.Optional(
    Type.String({
      pattern: '^[^@\\s]+@[^@\\s]+$',
      maxLength: 254,
      description: 'the e-mail of the first administrator, who is created when there is none',
    }),
  ),
  ADMIN_PASSWORD: Type.Optional(
    Type.String({
      minLength: 8,
      maxLength: 128,
      description:
        "the first administrator's password, together with ADMIN_EMAIL; unset: a random one is printed once",
    }),
  ),
  ADMIN_PASSWORD_SECRET_ARN: Type.Optional(
    Type.String({
      pattern: '^arn:[\\w-]+:secretsmanager:',
      description:
        'on AWS, for the task that prepares a deployment: the secret in Secrets Manager that is the ADMIN_PASSWORD',
    }),
  ),
  REGISTRATION: Type.Optional(
    Type.Enum(['open', 'closed', 'confirmed'], {
      description:
        'who can register: everybody (open), or nobody (closed), so that administrators create the accounts; unset: open if only this machine can connect (HOST, and neither PUBLIC_URL nor TRUSTED_PROXIES set), else closed. confirmed needs e-mail, which this version does not send yet',
    }),
  ),
  LOCK_TTL_SECONDS: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 300,
    description: 'how long a lock lasts, in seconds, for new books that do not set it',
  }),
  RATE_LIMIT_SCALE: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1_000_000,
    default: 1,
    description: 'multiplies all rate limits and budgets, for load tests',
  }),
  TRUSTED_PROXIES: Type.Optional(
    Type.String({
      description:
        'the proxies whose X-Forwarded-* headers are trusted: addresses or networks, separated by commas',
    }),
  ),
  CORS_ORIGINS: Type.Optional(
    Type.String({
      description: 'the origins whose pages can call the API from a browser, separated by commas',
    }),
  ),
  LOG_LEVEL: Type.Enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], {
    default: 'info',
    description: 'the least severe level that is logged',
  }),
  MODULES: Type.Optional(
    Type.String({
      pattern: '^[a-z-]+(,[a-z-]+)*$',
      description: 'what this process serves: modules, or parts of them, separated by commas; unset: all',
    }),
  ),
  AUTH_URL: serviceUrl('auth'),
  COUPON_URL: serviceUrl('coupon'),
  REDEMPTION_URL: serviceUrl('redemption'),
  MAX_UPLOAD_BYTES: Type.Integer({
    minimum: 1024,
    maximum: 2 ** 40,
    default: 256 * 1024 * 1024,
    description: 'the largest file of codes that is accepted, in bytes',
  }),
  JOB_CONCURRENCY: Type.Integer({
    minimum: 0,
    maximum: 32,
    default: 2,
    description:
      'how many jobs (uploads, distributions, …) this process runs at once, at most one for each two database connections; 0: none, other processes run them',
  }),
  SWEEP_SECONDS: seconds(
    5,
    86_400,
    'how often this process writes expired locks down and deletes old records, in seconds; 0: never',
  ),
  LOG_METRICS_SECONDS: seconds(
    0,
    3_600,
    'how often this process logs its most important metrics as one line, in seconds, for a log store that makes alarms of them, such as CloudWatch; 0: never',
  ),
  WORKERS: Type.Integer({
    minimum: 1,
    maximum: 64,
    default: 1,
    description:
      'how many server processes share the port, on machines with several cores. They share DATABASE_POOL_SIZE; each counts rate limits by itself',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: Type.Optional(
    Type.String({
      pattern: '^https?://[^\\s]+$',
      description:
        'where traces are sent (OTLP over HTTP), without /v1/traces, for example http://localhost:4318; unset: no traces',
    }),
  ),
  OTEL_EXPORTER_OTLP_HEADERS: Type.Optional(
    Type.String({ description: 'headers for that address, as name=value, separated by commas' }),
  ),
  OTEL_SERVICE_NAME: Type.String({
    minLength: 1,
    default: 'coupon-book',
    description: 'the name of this process in traces',
  }),
  OTEL_TRACES_SAMPLER_ARG: Type.Number({
    minimum: 0,
    maximum: 1,
    default: 0.01,
    description: 'the share of requests that are traced, from 0 to 1',
  }),
  ...outgoing,
  DRAIN_SECONDS: seconds(
    2,
    20,
    'how long a stopping process still accepts requests, in seconds, until load balancers send them elsewhere',
  ),
});

type Environment = Static<typeof environment>;

/** The validator of requests, which is loaded anyway: typebox's own is 350 files more at each start. */
const validate = AjvCompiler()(
  {},
  { customOptions: { coerceTypes: true, useDefaults: true, allErrors: true } },
)({
  schema: environment,
  method: '',
  url: '',
});

export type Config = ReturnType<typeof toConfig>;

/** The environment does not fit its schema. The message names every variable at fault and what it must be. */
export class ConfigError extends Error {}

/**
 * Reads the configuration from `env`; empty variables count as unset.
 * @throws {ConfigError} on the first read, so that a process with a bad environment never starts
 */
export function readConfig(env: Record<string, string | undefined>): Config {
  const problems: string[] = [];
  const raw: Record<string, unknown> = {};
  for (const name of Object.keys(environment.properties)) {
    const text = readVariable(env, name, problems);
    if (text !== undefined) raw[name] = text;
  }
  // Makes numbers of text and fills in what has a default.
  const errors = validate(raw) === true ? [] : validate.errors!;
  for (const { instancePath, params, message } of errors) {
    const name = instancePath.split('/')[1] ?? '';
    const allowed = (params as { allowedValues?: unknown[] }).allowedValues;
    const { description } = (environment.properties as Record<string, { description?: string }>)[name] ?? {};
    problems.push(
      `${name} ${allowed ? `must be one of ${allowed.join(', ')}` : message}${description ? ` (${description})` : ''}`,
    );
  }
  if (typeof raw.ADMIN_EMAIL === 'string' && parseEmail(raw.ADMIN_EMAIL) === null) {
    problems.push('ADMIN_EMAIL must be an e-mail address');
  }
  if (raw.DATABASE_POOL_SIZE === 1 && raw.JOB_CONCURRENCY !== 0) {
    problems.push(
      'DATABASE_POOL_SIZE=1 leaves no connection for jobs: set JOB_CONCURRENCY=0, or DATABASE_POOL_SIZE to 2 or more',
    );
  }
  if (raw.ADMIN_PASSWORD && !raw.ADMIN_EMAIL) problems.push('ADMIN_PASSWORD requires ADMIN_EMAIL');
  if (raw.REGISTRATION === 'confirmed') {
    problems.push(
      'REGISTRATION=confirmed needs SMTP_URL to send confirmations, and this version does not send mail yet: use open or closed',
    );
  }
  const strange = list(raw.TRUSTED_PROXIES as string | undefined).filter((proxy) => !isProxy(proxy));
  if (strange.length > 0) {
    problems.push(
      `TRUSTED_PROXIES must list addresses or networks such as 10.0.0.0/8, not ${strange.join(', ')}`,
    );
  }
  if (!readNetworks(list(raw.WEBHOOK_ALLOW_PRIVATE as string | undefined))) {
    problems.push('WEBHOOK_ALLOW_PRIVATE must hold networks such as 10.1.0.0/16');
  }
  if (problems.length > 0) {
    throw new ConfigError(
      `The environment is not valid:\n${[...new Set(problems)].map((line) => `  - ${line}`).join('\n')}`,
    );
  }
  return toConfig(raw as Environment);
}

function readVariable(
  env: Record<string, string | undefined>,
  name: string,
  problems: string[],
): string | undefined {
  const file = env[`${name}_FILE`];
  if (!file) return env[name] || undefined;
  if (existsSync(file)) return readFileSync(file, 'utf8').trim() || undefined;
  problems.push(`The file of ${name}_FILE does not exist: ${file}`);
  return undefined;
}

const list = (text: string | undefined) =>
  (text ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);

/** What Fastify takes for `trustProxy`: an address, a network, or one of three names of networks. */
function isProxy(text: string): boolean {
  if (/^(loopback|linklocal|uniquelocal)$/.test(text)) return true;
  const [address, bits, ...more] = text.split('/');
  const family = isIP(address!);
  if (family === 0 || more.length > 0) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128));
}

/**
 * A job that is one long transaction needs a second connection to go on: with two of those on two connections each would wait for the
 * other's. And one connection more is for everybody else.
 */
const jobsThatFit = (poolSize: number) => Math.max(1, Math.floor((poolSize - 1) / 2));

/** Whether only programs on this machine reach what listens on `host`. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Who registers a customer's e-mail gets what is meant for the customer: so where others come in, somebody has to want it. */
function registrationOf({ REGISTRATION, HOST, PUBLIC_URL, TRUSTED_PROXIES }: Environment): 'open' | 'closed' {
  if (REGISTRATION !== undefined) return REGISTRATION === 'open' ? 'open' : 'closed';
  return isLoopback(HOST) && PUBLIC_URL === undefined && TRUSTED_PROXIES === undefined ? 'open' : 'closed';
}

function toConfig(env: Environment) {
  return {
    port: env.PORT,
    host: env.HOST,
    publicUrl: env.PUBLIC_URL,
    databaseUrl: env.DATABASE_URL,
    databaseDirectUrl: env.DATABASE_DIRECT_URL ?? env.DATABASE_URL,
    databaseSecretArn: env.DATABASE_SECRET_ARN,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_SECONDS * 1000,
    dataDir: env.DATA_DIR,
    embeddedPostgresBin: env.EMBEDDED_POSTGRES_BIN,
    adminEmail: env.ADMIN_EMAIL,
    adminPassword: env.ADMIN_PASSWORD,
    adminPasswordSecretArn: env.ADMIN_PASSWORD_SECRET_ARN,
    registration: registrationOf(env),
    lockTtlSeconds: env.LOCK_TTL_SECONDS,
    rateLimitScale: env.RATE_LIMIT_SCALE,
    trustedProxies: list(env.TRUSTED_PROXIES),
    corsOrigins: list(env.CORS_ORIGINS),
    logLevel: env.LOG_LEVEL,
    modules: env.MODULES ? list(env.MODULES) : undefined,
    serviceUrls: { auth: env.AUTH_URL, coupon: env.COUPON_URL, redemption: env.REDEMPTION_URL },
    maxUploadBytes: env.MAX_UPLOAD_BYTES,
    jobConcurrency: Math.min(env.JOB_CONCURRENCY, jobsThatFit(env.DATABASE_POOL_SIZE)),
    sweepSeconds: env.SWEEP_SECONDS,
    logMetricsSeconds: env.LOG_METRICS_SECONDS,
    workers: env.WORKERS,
    drainSeconds: env.DRAIN_SECONDS,
    otlpEndpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    otlpHeaders: env.OTEL_EXPORTER_OTLP_HEADERS,
    otelServiceName: env.OTEL_SERVICE_NAME,
    /** From 0 to 1. */
    traceRatio: env.OTEL_TRACES_SAMPLER_ARG,
    webhookAllowPrivate: list(env.WEBHOOK_ALLOW_PRIVATE),
    sqsQueueUrl: env.SQS_QUEUE_URL,
    eventBusName: env.EVENT_BUS_NAME,
    /** Whether answers can go on for minutes. Not of the environment: who runs the app knows. */
    liveStream: true as boolean,
  };
}

/** Version of the running program, from its package. */
export const { version } = JSON.parse(readFileSync(packageFiles.package, 'utf8')) as { version: string };
