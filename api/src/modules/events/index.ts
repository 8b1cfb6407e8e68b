import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import { eventRoutes } from './routes.ts';
import { eventPage, eventSchema } from './schemas.ts';

/** Events: the audit trail, and the live stream of it. */
export default fp<ModuleOptions>(
  async (app) => {
    for (const schema of [eventSchema, eventPage]) app.addSchema(schema);
    eventRoutes(app);
  },
  { name: 'events', dependencies: ['database', 'authentication', 'openapi'] },
);
