// The serverless form as a program, for journeys by URL: DATABASE_URL, PORT, and FOLDER of the bundles to run instead of the sources.
import { startPlatform } from './lambda-platform.ts';

const { PORT = '8000', FOLDER, ...env } = process.env as Record<string, string>;
const { url, stop } = await startPlatform({
  env: { ADMIN_EMAIL: 'admin@localhost', ADMIN_PASSWORD: 'a password for tests', ...env },
  folder: FOLDER,
  port: Number(PORT),
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
console.log(`functions answer at ${url}`);
