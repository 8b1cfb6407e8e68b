import { dirname, join } from 'node:path';

/** Whether this is the bundle that `npm run build` makes: all files lie beside it. */
const isBundled = import.meta.url.endsWith('.js');
const root = isBundled ? import.meta.dirname : dirname(import.meta.dirname);

/** Files that are read while the service runs, wherever it runs from: the sources of a clone, or `dist/`. */
export const packageFiles = {
  package: join(root, 'package.json'),
  migrations: join(root, 'migrations'),
  openapi: join(root, 'openapi.json'),
  web: isBundled ? join(root, 'web') : join(root, '../web/dist'),
  /** Of the documentation page; undefined: where its package has them. */
  swaggerUi: isBundled ? join(root, 'static') : undefined,
};
