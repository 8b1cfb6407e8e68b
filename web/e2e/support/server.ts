import { MONOLITH, type ServerProcess, startServer, untilReady } from '../../../api/race/server-process.ts';
import { bundledProgram } from '../../../api/test/support/bundled-program.ts';
import { setQuickPassword } from '../../../api/test/support/quick-password.ts';
import { cloneTemplate } from '../../../api/test/support/test-postgres.ts';
import { type Account, type Api, openApi } from './api.ts';

export const PASSWORD = 'a long and unusual sentence';
const ADMIN = { email: 'admin@example.test', password: PASSWORD };

export interface TestServer {
  /** Where it listens, also after a restart. */
  url: string;
  databaseUrl: string;
  adminAccount: Account;
  /** The API, as the administrator. */
  admin: Api;
  /** Kills it, as a power cut does. */
  kill: () => Promise<void>;
  /** Starts it again, on the same port and database. */
  start: () => Promise<void>;
  /** What it has logged. */
  output: () => string;
}

/** Runs `use` with a real server process on a database of its own, and removes both afterwards. */
export async function withServer(use: (server: TestServer) => Promise<void>): Promise<void> {
  const database = await cloneTemplate(process.env.E2E_ADMIN_URL!);
  let process_: ServerProcess;
  let logged = '';
  const launch = async (port?: string) => {
    process_ = await startServer({
      file: await bundledProgram(MONOLITH),
      env: {
        DATABASE_URL: database.url,
        ADMIN_EMAIL: ADMIN.email,
        ADMIN_PASSWORD: ADMIN.password,
        RATE_LIMIT_SCALE: '100000',
        WEBHOOK_ALLOW_PRIVATE: '127.0.0.1',
        LOG_LEVEL: 'warn',
        DRAIN_SECONDS: '0',
        ...(port && { PORT: port }),
      },
    });
    await untilReady(process_);
  };
  const kill = async () => {
    process_.kill('SIGKILL');
    await process_.exited;
    logged += process_.output();
  };
  try {
    await launch();
    await setQuickPassword(database.url, ADMIN.email, ADMIN.password);
    const { url } = process_!;
    const { port } = new URL(url);
    await use({
      url,
      databaseUrl: database.url,
      adminAccount: ADMIN,
      admin: await openApi(url, ADMIN),
      kill,
      start: () => launch(port),
      output: () => logged + process_.output(),
    });
  } finally {
    await kill();
    await database.drop();
  }
}
