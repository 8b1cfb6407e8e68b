import { selectModules } from '../modules/index.ts';
import { serveByWorkers } from '../serve.ts';
import { modulesOfService } from '../services.ts';

/** A part of the product as a process of its own: the service that its argument names, or the modules of MODULES. */
await serveByWorkers(({ modules }) => {
  const name = process.argv[2];
  return selectModules(name === undefined && modules ? modules : modulesOfService(name));
});
