import { selectModules } from '../modules/index.ts';
import { serveByWorkers } from '../serve.ts';

/** Everything in one process; with MODULES only the named ones. Without DATABASE_URL it brings its own PostgreSQL. */
await serveByWorkers((config) => selectModules(config.modules));
