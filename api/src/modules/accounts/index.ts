import fp from 'fastify-plugin';
import { deleteExpiredSigningKeys, rotateSigningKeys } from '../../access/signing-keys.ts';
import type { ModuleOptions } from '../module.ts';
import { deleteOldAccessLinks } from './access-links/queries.ts';
import { accessLinkRoutes } from './access-links/routes.ts';
import { canonicalizeEmails } from './people/canonical-emails.ts';
import { userRoutes } from './people/routes.ts';
import { userPage, userSchema } from './people/schemas.ts';
import { deleteExpiredSessions } from './sessions/queries.ts';
import { authRoutes } from './sessions/routes.ts';
import { accessLink, keySet, knownLink, signedIn, signInOptions } from './sessions/schemas.ts';

/** Accounts, as other modules show them, and what every form of deployment needs of sessions and keys, once in a while. */
export const core = fp<ModuleOptions>(
  async (app) => {
    for (const schema of [userSchema, userPage, signedIn, keySet, signInOptions, accessLink, knownLink])
      app.addSchema(schema);
    app.addUpgrade(() => canonicalizeEmails(app.db, app.log));
    app.addChore('expired sessions', () => deleteExpiredSessions(app.db));
    app.addChore('old access links', () => deleteOldAccessLinks(app.db));
    app.addChore('signing keys', async () => {
      await rotateSigningKeys(app.db);
      await deleteExpiredSigningKeys(app.db);
    });
  },
  { name: 'accounts-core', dependencies: ['database', 'authentication', 'openapi', 'maintenance'] },
);

/** People, as administrators see them; signing up, in and out; access links; the keys that others verify tokens by. */
export const routes = fp<ModuleOptions>(
  async (app, { config }) => {
    userRoutes(app, { config });
    authRoutes(app, { config });
    accessLinkRoutes(app, { config });
  },
  { name: 'accounts', dependencies: ['accounts-core'] },
);
