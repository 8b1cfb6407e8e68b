import fp from 'fastify-plugin';
import { addFileSchemas } from '../../files/schemas.ts';
import type { ModuleOptions } from '../module.ts';
import { generateWork } from './generate-job.ts';
import { generateRoutes } from './generate-routes.ts';
import { importWork } from './import-job.ts';
import { deleteOldUploads } from './queries.ts';
import { preview } from './schemas.ts';
import { undoBatch } from './undo.ts';
import { uploadRoutes } from './upload-routes.ts';

/** How codes are stored by jobs. */
export const core = fp<ModuleOptions>(
  async (app) => {
    app.addSchema(preview);
    addFileSchemas(app);
    app.addJobWork('import', importWork);
    app.addJobWork('generate', generateWork);
    app.addUndo('import', undoBatch);
    app.addUndo('generate', undoBatch);
    app.addChore('uploads that no job came of', () => deleteOldUploads(app.db));
  },
  {
    name: 'codes-core',
    dependencies: ['books-core', 'jobs-core', 'database', 'authentication', 'openapi', 'maintenance'],
  },
);

/** Codes: brought in from files, or generated. */
export const routes = fp<ModuleOptions>(
  async (app, { config }) => {
    generateRoutes(app);
    await app.register(uploadRoutes, { maxUploadBytes: config.maxUploadBytes });
  },
  { name: 'codes', dependencies: ['codes-core'] },
);
