import { selectModules } from '../modules/index.ts';
import { serve } from '../serve.ts';

/** Everything in one process; with MODULES only the named ones. Without DATABASE_URL it brings its own PostgreSQL. */
await serve((config) => selectModules(config.modules));
