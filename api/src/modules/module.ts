import type { FastifyPluginCallback } from 'fastify';
import type { Config } from '../config.ts';

/** What `buildApp` gives each module. */
export interface ModuleOptions {
  config: Config;
}

/**
 * A module, or a part of one: a Fastify plugin, wrapped by fastify-plugin with a name and the names of what it needs. A part whose name
 * ends in `-core` has no routes; it is what other modules need of this one (schemas, job work, chores).
 */
export type Module = FastifyPluginCallback<ModuleOptions>;
