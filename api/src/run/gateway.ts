import { setTimeout as wait } from 'node:timers/promises';
import { buildGateway, targetsOf } from '../gateway/gateway.ts';
import { selectModules } from '../modules/index.ts';
import { addressOf, printWelcome, readConfigOrExit, run } from '../serve.ts';

const LOOK_EVERY_MS = 200;

/** One address for all services. Any number of them may run. */
const { config, targets } = readConfigOrExit((read) => ({ config: read, targets: targetsOf(read) }));
const app = await buildGateway({ config, targets, modules: selectModules(['web']) });
await run(app, config, {
  async prepare(signal) {
    app.readiness.prepared = true;
    while (!signal.aborted && Object.values(await app.lookAtServices()).includes(false))
      await wait(LOOK_EVERY_MS, undefined, { signal }).catch(() => undefined);
    if (!signal.aborted) printWelcome(addressOf(app, config), null);
  },
});
