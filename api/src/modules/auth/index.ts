import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';

/** Signing in and out. */
export default fp<ModuleOptions>(async () => {}, { name: 'auth', dependencies: ['users'] });
