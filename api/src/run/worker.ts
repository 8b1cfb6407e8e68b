import fp from 'fastify-plugin';
import { backgroundModules } from '../modules/index.ts';
import type { ModuleOptions } from '../modules/module.ts';
import { Problem } from '../problems.ts';
import { serve } from '../serve.ts';

const probesOnly = fp<ModuleOptions>(
  async (app) => {
    app.addHook('onRequest', async ({ url }) => {
      if (!/^\/(health|metrics)\b/.test(url)) throw new Problem('not-found', 'only-jobs-here');
    });
  },
  { name: 'probes-only' },
);

/** Runs jobs and serves nobody: its port is for probes and metrics. As many as there is work for, beside any services. */
await serve(() => [probesOnly, ...backgroundModules]);
