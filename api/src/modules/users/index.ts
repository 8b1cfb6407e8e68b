import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';

/** Accounts, as administrators see them. */
export default fp<ModuleOptions>(async () => {}, { name: 'users', dependencies: ['database', 'authentication'] });
