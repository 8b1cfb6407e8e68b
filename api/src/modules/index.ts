import { ConfigError } from '../config.ts';
import auth from './auth/index.ts';
import books from './books/index.ts';
import codes from './codes/index.ts';
import coupons from './coupons/index.ts';
import distributions from './distributions/index.ts';
import events from './events/index.ts';
import jobs from './jobs/index.ts';
import type { Module } from './module.ts';
import pools from './pools/index.ts';
import redemptions from './redemptions/index.ts';
import users from './users/index.ts';
import web from './web/index.ts';

/** Every module by its name, in the order they start. */
export const allModules: Readonly<Record<string, Module>> = {
  users,
  auth,
  books,
  jobs,
  codes,
  coupons,
  redemptions,
  events,
  pools,
  distributions,
  web,
};

/**
 * The modules of a process: those named, or all.
 * @throws {ConfigError} naming a module that does not exist
 */
export function selectModules(names: readonly string[] | undefined): Module[] {
  const unknown = names?.find((name) => !Object.hasOwn(allModules, name));
  if (unknown) {
    throw new ConfigError(`MODULES names "${unknown}"; there are: ${Object.keys(allModules).join(', ')}`);
  }
  return Object.entries(allModules)
    .filter(([name]) => names?.includes(name) ?? true)
    .map(([, module]) => module);
}
