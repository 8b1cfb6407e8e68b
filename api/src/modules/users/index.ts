import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import { canonicalizeEmails } from './canonical-emails.ts';
import { userRoutes } from './routes.ts';
import { userPage, userSchema } from './schemas.ts';

/** Accounts, as administrators see them. */
export default fp<ModuleOptions>(
  async (app) => {
    app.addSchema(userSchema);
    app.addSchema(userPage);
    userRoutes(app);
    app.addPreparation(() => canonicalizeEmails(app.db, app.log));
  },
  { name: 'users', dependencies: ['database', 'authentication', 'openapi'] },
);
