import { buildApp } from '../app.ts';
import { readConfig } from '../config.ts';
import { workInBackground } from '../lambda/scheduled.ts';
import { backgroundModules } from '../modules/index.ts';

/** What the worker does, as a function on AWS Lambda that is called once a minute. */
const config = { ...readConfig(process.env), sweepSeconds: 0 };

export async function handler(_event: unknown, context: { getRemainingTimeInMillis: () => number }) {
  const app = await buildApp({ config, modules: backgroundModules });
  await workInBackground(app, context.getRemainingTimeInMillis());
}
