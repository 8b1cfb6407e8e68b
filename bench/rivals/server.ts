import { selectModules } from '../../api/src/modules/index.ts';
import { serve } from '../../api/src/serve.ts';
import rivals from './module.ts';

/** The product with its rivals beside it. */
await serve((config) => [...selectModules(config.modules), rivals]);
