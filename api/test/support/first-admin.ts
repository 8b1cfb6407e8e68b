/** A process of its own that makes the first administrator and says what it did, and under which key it signs. */
import { buildApp } from '../../src/app.ts';
import { readConfig } from '../../src/config.ts';
import { ensureFirstAdmin } from '../../src/modules/accounts/people/first-admin.ts';
import { signAccessToken } from '../../src/plugins/authentication.ts';

const config = readConfig({ ...process.env, LOG_LEVEL: 'silent' });
const app = await buildApp({ config, modules: [] });
await app.ready();
process.stdout.write('ready\n');
await new Promise((resolve) => process.stdin.once('data', resolve));
const [admin, token] = await Promise.all([
  ensureFirstAdmin(app, config),
  signAccessToken(app, { id: '00000000-0000-4000-8000-000000000000', role: 'USER' }),
]);
process.stdout.write(`${JSON.stringify({ admin, token })}\n`);
await app.close();
process.exit(0);
