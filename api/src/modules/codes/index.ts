import fp from 'fastify-plugin';
import { takeTurns } from '../../database/turns.ts';
import type { ModuleOptions } from '../module.ts';
import { generateRoutes } from './routes.ts';
import { generateReport, importReport, preview } from './schemas.ts';
import { uploadRoute } from './upload-route.ts';

/** How much bulk work waits for its turn in this process. */
const MAX_WAITING = 20;

/** Codes: brought in from files, or generated. */
export default fp<ModuleOptions>(
  async (app, { config }) => {
    for (const schema of [importReport, generateReport, preview]) app.addSchema(schema);
    const inTurn = takeTurns(config.databasePoolSize < 4 ? 1 : 2, MAX_WAITING);
    generateRoutes(app, inTurn);
    await app.register(uploadRoute, { maxUploadBytes: config.maxUploadBytes, inTurn });
  },
  { name: 'codes', dependencies: ['books', 'database', 'authentication', 'openapi'] },
);
