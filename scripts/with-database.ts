import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate } from '../api/src/database/migrate.ts';
import { startEmbeddedPostgres } from '../api/src/embedded-postgres.ts';

/** A PostgreSQL for this run alone, migrated. */
export async function withDatabase<T>(work: (url: string) => Promise<T>): Promise<T> {
  const dataDir = mkdtempSync(join(tmpdir(), 'coupon-book-database-'));
  try {
    const postgres = await startEmbeddedPostgres({
      dataDir,
      log: { info() {}, warn: (message) => console.warn(message) },
      settings: { fsync: 'off' },
    });
    try {
      await migrate(postgres.url);
      return await work(postgres.url);
    } finally {
      await postgres.stop();
    }
  } finally {
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
  }
}
