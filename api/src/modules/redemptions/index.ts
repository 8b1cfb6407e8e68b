import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import { redemptionRoutes } from './routes.ts';
import { redemptionPage, redemptionSchema } from './schemas.ts';

/** The history of redemptions. */
export default fp<ModuleOptions>(
  async (app) => {
    for (const schema of [redemptionSchema, redemptionPage]) app.addSchema(schema);
    redemptionRoutes(app);
  },
  { name: 'redemptions', dependencies: ['database', 'authentication', 'openapi'] },
);
