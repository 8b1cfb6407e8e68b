import fp from 'fastify-plugin';
import { deleteExpiredSigningKeys, rotateSigningKeys } from '../../plugins/signing-keys.ts';
import type { ModuleOptions } from '../module.ts';
import { deleteOldAccessLinks } from './access-link-queries.ts';
import { accessLinkRoutes } from './access-link-routes.ts';
import { deleteExpiredSessions } from './queries.ts';
import { authRoutes } from './routes.ts';
import { accessLink, keySet, knownLink, signedIn, signInOptions } from './schemas.ts';

/** What every form of deployment needs of sessions and keys, once in a while. */
export const core = fp<ModuleOptions>(
  async (app) => {
    app.addSchema(signedIn);
    app.addSchema(keySet);
    app.addSchema(signInOptions);
    app.addSchema(accessLink);
    app.addSchema(knownLink);
    app.addChore('expired sessions', () => deleteExpiredSessions(app.db));
    app.addChore('old access links', () => deleteOldAccessLinks(app.db));
    app.addChore('signing keys', async () => {
      await rotateSigningKeys(app.db);
      await deleteExpiredSigningKeys(app.db);
    });
  },
  { name: 'auth-core', dependencies: ['users-core', 'maintenance'] },
);

/** Signing up, in and out; sessions; the keys that others verify tokens by. */
export const routes = fp<ModuleOptions>(
  async (app, { config }) => {
    authRoutes(app, { config });
    accessLinkRoutes(app, { config });
  },
  { name: 'auth', dependencies: ['auth-core'] },
);
