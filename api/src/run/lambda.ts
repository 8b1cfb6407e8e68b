import { buildApp } from '../app.ts';
import { readConfig } from '../config.ts';
import { createHttpHandler, type HttpEvent } from '../lambda/http.ts';
import { makeReady } from '../lambda/ready.ts';
import { selectModules } from '../modules/index.ts';

/** A service on AWS Lambda, behind an HTTP API of API Gateway: the modules that MODULES names. */
const config = { ...readConfig(process.env), jobConcurrency: 0, sweepSeconds: 0, liveStream: false };
const app = await buildApp({ config, modules: selectModules(config.modules) });
const answer = createHttpHandler(app);
await app.ready();

export async function handler(event: HttpEvent) {
  await makeReady(app);
  return answer(event);
}
