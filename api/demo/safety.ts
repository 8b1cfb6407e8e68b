import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Config, ConfigError, isLoopback } from '../src/config.ts';
import { ADMIN, PASSWORD } from './people.ts';

/**
 * Not in `data/`: the service takes a folder for its own that holds nothing, or a database of its own, and would refuse to start
 * beside a `data/demo`.
 */
const DATA_DIR = 'data-demo';
/** What says that a folder holds demo data and nothing that anybody could miss. Hidden, so that the database does not mind it. */
const MARK = '.demo';

/** The environment of a demo: the given one, on data and with an administrator of its own. */
export function demoEnvironment(env: Record<string, string | undefined>) {
  return {
    ...env,
    DATA_DIR: env.DATA_DIR || DATA_DIR,
    // A line for each of the 3,000 requests that make the data would bury what there is to read.
    LOG_LEVEL: env.LOG_LEVEL || 'warn',
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: PASSWORD,
  };
}

/**
 * Everybody knows the passwords of a demo. So only this machine reaches it, and it touches no data but its own: those of a folder
 * that it made, which it marks.
 * @throws {ConfigError} before anything has been started
 */
export function requireDemo(config: Config): void {
  const { host, publicUrl, trustedProxies, databaseUrl, databaseDirectUrl, dataDir } = config;
  const refuse = (reason: string) => {
    throw new ConfigError(`The demo has passwords that everybody knows. ${reason}`);
  };
  if (!isLoopback(host)) refuse(`It listens on this machine alone, not on HOST=${host}: leave HOST unset.`);
  if (publicUrl || trustedProxies.length > 0) {
    refuse('It is not for the public: leave PUBLIC_URL and TRUSTED_PROXIES unset.');
  }
  if (databaseUrl || databaseDirectUrl) refuse('It has a database of its own: leave DATABASE_URL unset.');
  const folder = resolve(dataDir);
  if (folder === resolve('data')) refuse('data/ is for npm start: leave DATA_DIR unset.');
  if (existsSync(folder)) {
    const names = readdirSync(folder);
    if (!names.includes(MARK) && names.some((name) => !name.startsWith('.'))) {
      refuse(`${folder} holds other data: leave DATA_DIR unset, or set it to a new folder.`);
    }
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(folder, MARK),
    'Demo data of Coupon Book: may be removed at any time, npm run demo makes them anew.\n',
  );
}
