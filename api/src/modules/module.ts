import type { FastifyPluginCallback } from 'fastify';
import type { Config } from '../config.ts';

/** What `buildApp` gives each module. */
export interface ModuleOptions {
  config: Config;
}

/** A module: one Fastify plugin, wrapped by fastify-plugin with a name and the names of what it needs. */
export type Module = FastifyPluginCallback<ModuleOptions>;
