import { ConfigError } from '../config.ts';
import { selectModules } from '../modules/index.ts';
import { serveByWorkers } from '../serve.ts';

/** A part of the product as a process of its own: the modules that MODULES names, which it must. */
await serveByWorkers(({ modules }) => {
  if (!modules) throw new ConfigError('MODULES must name what this service serves, such as accounts,books');
  return selectModules(modules);
});
