import { startTestPostgres } from '../../../api/test/support/test-postgres.ts';

/** Playwright's global set-up. The workers find the server in their environment. */
export default async function setup(): Promise<() => Promise<void>> {
  const { adminUrl, stop } = await startTestPostgres();
  process.env.E2E_ADMIN_URL = adminUrl;
  return stop;
}
