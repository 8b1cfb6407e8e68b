import { selectModules } from '../src/modules/index.ts';
import { serve } from '../src/serve.ts';
import { fillDemo } from './fill.ts';
import { demoEnvironment, requireDemo } from './safety.ts';
import { describeDemo } from './welcome.ts';

/** The whole service as `npm start` runs it, on a database of its own full of demo data. */
const environment = demoEnvironment(process.env);
const app = await serve((config) => {
  requireDemo(config);
  return selectModules(undefined);
}, environment);

try {
  if (app.readiness.prepared) {
    await fillDemo(app, (step) => console.log(`  Making demo data: ${step} …`));
    console.log(describeDemo(app, environment.DATA_DIR));
  }
} catch (error) {
  // Told to stop in the middle: the next start goes on.
  if (!app.readiness.draining) {
    const advice = `Start again; if that does not help, remove ${environment.DATA_DIR} before.`;
    throw new Error(`The demo data are not complete. ${(error as Error).message}. ${advice}`, {
      cause: error,
    });
  }
}
