import { buildApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { allModules } from '../src/modules/index.ts';

/** What `GET /openapi.json` answers with all modules. */
export async function describeApi(databaseUrl: string): Promise<string> {
  const config = readConfig({ DATABASE_URL: databaseUrl, LOG_LEVEL: 'silent' });
  const app = await buildApp({ config, modules: allModules });
  try {
    await app.ready();
    return JSON.stringify(app.swagger());
  } finally {
    await app.close();
  }
}
