import fp from 'fastify-plugin';
import { selectModules } from '../src/modules/index.ts';
import { serve } from '../src/serve.ts';

/** The yardstick of the figures: everything that an authenticated request costs, and nothing else. */
const noop = fp(async (app) => {
  app.get('/api/v1/noop', { schema: { hide: true }, config: { access: 'user' } }, async () => ({
    done: true,
  }));
});

await serve((config) => [...selectModules(config.modules), noop]);
