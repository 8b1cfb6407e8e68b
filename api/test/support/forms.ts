import type { FastifyInstance, InjectOptions } from 'fastify';
import { type DispatchFunc, inject } from 'light-my-request';
import { buildApp } from '../../src/app.ts';
import type { Config } from '../../src/config.ts';
import { createHttpHandler } from '../../src/lambda/http.ts';
import { allModules, selectModules } from '../../src/modules/index.ts';
import { type ServiceName, serviceOf, services } from '../../src/services.ts';
import { throughGateway } from './http-gateway.ts';
import { prepareAll } from './patience.ts';

/** Another way for requests to reach the product than the one app that a test holds. */
interface Form {
  inject: FastifyInstance['inject'];
  close: () => Promise<void>;
}

/**
 * The forms in which the suite can run, named by TEST_FORM. A test still has the app with all modules, for its database and its
 * plugins; the requests it injects are answered by the form.
 */
const forms: Record<string, (app: FastifyInstance, config: Config, adapt: Adapt) => Promise<Form>> = {
  services: asServices,
  lambda: asFunction,
};

/** What a test changes in each app that answers its requests, before that is ready. */
type Adapt = (app: FastifyInstance) => void;

/** Routes the app's requests through the form that the environment names, if any. */
export async function reform(app: FastifyInstance, config: Config, adapt: Adapt): Promise<void> {
  const name = process.env.TEST_FORM;
  if (!name) return;
  const open = forms[name];
  if (!open) throw new Error(`TEST_FORM is ${name}; there are: ${Object.keys(forms).join(', ')}`);
  const form = await open(app, config, adapt);
  app.inject = form.inject;
  app.addHook('onClose', form.close);
}

/** One app for each service, as the gateway asks them; what no service has, the test's own answers. */
async function asServices(whole: FastifyInstance, config: Config, adapt: Adapt): Promise<Form> {
  const apps = {} as Record<ServiceName, FastifyInstance>;
  for (const name of Object.keys(services) as ServiceName[]) {
    // Jobs are run by the test's own app, as by a worker.
    const app = await buildApp({
      config: { ...config, jobConcurrency: 0 },
      modules: selectModules(services[name].modules),
    });
    adapt(app);
    await app.ready();
    await prepareAll(app.preparations);
    shareReadiness(app, whole);
    apps[name] = app;
  }
  const own = whole.inject.bind(whole);
  const route = (request: InjectOptions | string, ...rest: []) => {
    const { method = 'GET', url } = typeof request === 'string' ? { url: request } : request;
    const path = typeof url === 'string' ? url.split('?', 1)[0]! : (url?.pathname ?? '/');
    const service = serviceOf(method.toUpperCase(), path);
    return service === undefined ? own(request, ...rest) : apps[service].inject(request, ...rest);
  };
  return {
    inject: route as FastifyInstance['inject'],
    async close() {
      await Promise.all(Object.values(apps).map((app) => app.close()));
    },
  };
}

/**
 * One app as a function on AWS Lambda has it: one database connection, no job, no stream. Requests come as events of API Gateway.
 * Jobs are run by the test's own app, as by the scheduled function.
 */
async function asFunction(whole: FastifyInstance, config: Config, adapt: Adapt): Promise<Form> {
  const app = await buildApp({
    config: { ...config, databasePoolSize: 1, jobConcurrency: 0, liveStream: false },
    modules: allModules,
  });
  const handler = createHttpHandler(app);
  adapt(app);
  await app.ready();
  await prepareAll(app.preparations);
  shareReadiness(app, whole);
  const dispatch: DispatchFunc = (request, response) =>
    void throughGateway(request as never, response as never, handler);
  return {
    inject: ((...args: [never]) => inject(dispatch, ...args)) as FastifyInstance['inject'],
    close: () => app.close(),
  };
}

/** One readiness for all: tests change that of the app they hold. */
function shareReadiness(app: FastifyInstance, { readiness }: FastifyInstance): void {
  for (const key of Object.keys(readiness) as (keyof typeof readiness)[]) {
    Object.defineProperty(app.readiness, key, {
      get: () => readiness[key],
      set: (value: never) => void (readiness[key] = value),
    });
  }
}
