import { ConfigError } from '../config.ts';
import * as accounts from './accounts/index.ts';
import * as books from './books/index.ts';
import * as codes from './codes/index.ts';
import * as coupons from './coupons/index.ts';
import * as distributions from './distributions/index.ts';
import doctor from './doctor/index.ts';
import * as history from './history/index.ts';
import * as jobs from './jobs/index.ts';
import type { Module } from './module.ts';
import * as pools from './pools/index.ts';
import web from './web/index.ts';
import * as webhooks from './webhooks/index.ts';

interface Part {
  name: string;
  plugin: Module;
  needs: readonly string[];
}

const PLUGIN_META = Symbol.for('plugin-meta');

/** The name of a part and what it needs are written once: where fastify-plugin wraps it. */
function toPart(plugin: Module): Part {
  const meta = (plugin as unknown as Record<symbol, { name: string; dependencies?: string[] }>)[PLUGIN_META]!;
  return { name: meta.name, plugin, needs: meta.dependencies ?? [] };
}

/** Every part of every module, in the order they start. */
const parts: readonly Part[] = [
  accounts.core,
  accounts.routes,
  books.core,
  books.routes,
  jobs.core,
  jobs.routes,
  codes.core,
  codes.routes,
  coupons.core,
  coupons.assign,
  coupons.redeem,
  coupons.admin,
  coupons.reads,
  history.core,
  history.reads,
  history.stream,
  pools.core,
  pools.routes,
  distributions.core,
  distributions.routes,
  webhooks.core,
  webhooks.routes,
  doctor,
  web,
].map(toPart);

const isCore = ({ name }: Part) => name.endsWith('-core');

/** A process that runs jobs must know how each kind is done: a job goes to whoever is free. */
const KINDS_OF_JOBS = ['codes-core', 'distributions-core'];

/** Everything. */
export const allModules: readonly Module[] = parts.map(({ plugin }) => plugin);

/** What works in the background: jobs and chores, without a route. */
export const backgroundModules: readonly Module[] = parts.filter(isCore).map(({ plugin }) => plugin);

/** What `MODULES` may name: modules, and the parts with routes of those that have several. */
export const moduleNames: readonly string[] = [
  ...new Set(parts.filter((part) => !isCore(part)).flatMap(({ name }) => [name.split('-')[0]!, name])),
];

/** What modules were called before: who upgrades is told the new name. */
const FORMER_NAMES: Record<string, string> = {
  users: 'accounts',
  auth: 'accounts',
  redemptions: 'history',
  events: 'history',
};

/**
 * The modules of a process: those named with all that they need of others, or everything.
 * @param names of modules (`coupons`) or of parts (`coupons-redeem`)
 * @throws {ConfigError} naming a module that does not exist
 */
export function selectModules(names: readonly string[] | undefined): readonly Module[] {
  if (!names) return allModules;
  const unknown = names.find((name) => !moduleNames.includes(name));
  if (unknown !== undefined) {
    const now = FORMER_NAMES[unknown];
    if (now) throw new ConfigError(`MODULES names "${unknown}": that module is called "${now}" now`);
    throw new ConfigError(`MODULES names "${unknown}"; there are: ${moduleNames.join(', ')}`);
  }
  const chosen = new Set<string>();
  const add = (part: Part): void => {
    if (chosen.has(part.name)) return;
    chosen.add(part.name);
    const needs = part.name === 'jobs-core' ? [...part.needs, ...KINDS_OF_JOBS] : part.needs;
    for (const other of parts) if (needs.includes(other.name)) add(other);
  };
  for (const part of parts) {
    if (names.some((name) => part.name === name || part.name.startsWith(`${name}-`))) add(part);
  }
  return parts.filter(({ name }) => chosen.has(name)).map(({ plugin }) => plugin);
}
