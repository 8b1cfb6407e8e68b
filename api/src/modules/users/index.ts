import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import { canonicalizeEmails } from './canonical-emails.ts';
import { userRoutes } from './routes.ts';
import { userPage, userSchema } from './schemas.ts';

/** Accounts, as other modules show them. */
export const core = fp<ModuleOptions>(
  async (app) => {
    app.addSchema(userSchema);
    app.addSchema(userPage);
    app.addPreparation(() => canonicalizeEmails(app.db, app.log));
  },
  { name: 'users-core', dependencies: ['database', 'authentication', 'openapi'] },
);

/** Accounts, as administrators see them. */
export const routes = fp<ModuleOptions>(async (app, { config }) => userRoutes(app, { config }), {
  name: 'users',
  dependencies: ['users-core'],
});
