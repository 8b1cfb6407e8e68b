import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { expect, onTestFinished, test } from 'vitest';
import { type Database, openDatabase } from '../../src/database/connection.ts';
import { migrate } from '../../src/database/migrate.ts';
import { examine } from '../../src/doctor/examine.ts';
import { superuserUrl } from '../../src/embedded-postgres/cluster.ts';
import { startEmbeddedPostgres } from '../../src/embedded-postgres.ts';
import { findInstalledPostgres } from '../support/installed-postgres.ts';

const bin = findInstalledPostgres();
const log = { info() {}, warn() {} };
const IDS = 1_500_000_000;
const IDS_OF_A_FILE = 1_048_576;

test('transaction ids that are nearly used up, and a slot that keeps a lot of WAL, are found', async () => {
  if (bin === undefined) throw new Error('There is no installed PostgreSQL: npm test installs one.');
  const dataDir = mkdtempSync(join(tmpdir(), 'coupon-book-worn-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 }));
  chmodSync(dataDir, 0o755); // pg_resetwal runs under the account of the data.
  const young = await startEmbeddedPostgres({ dataDir, bin, log });
  await migrate(young.url);
  await use(superuserUrl(young.url, dataDir), (db) =>
    sql`SELECT pg_create_physical_replication_slot('forgotten', true)`.execute(db),
  );
  await young.stop();

  // As after so many transactions, and after 4 GB of WAL.
  const folder = join(dataDir, 'postgres');
  const { uid, gid } = statSync(folder);
  const worn = ['--next-transaction-id', String(IDS), '--next-wal-file', '000000010000000100000010'];
  const reset = spawnSync(join(bin, 'pg_resetwal'), [...worn, folder], {
    uid,
    gid,
    cwd: '/',
    encoding: 'utf8',
  });
  expect([reset.status, reset.stderr]).toEqual([0, '']);
  const name = Math.floor(IDS / IDS_OF_A_FILE)
    .toString(16)
    .toUpperCase()
    .padStart(4, '0');
  const statuses = join(folder, 'pg_xact', name);
  writeFileSync(statuses, Buffer.alloc(IDS_OF_A_FILE / 4), { mode: 0o600 });
  chownSync(statuses, uid, gid);

  const old = await startEmbeddedPostgres({ dataDir, bin, log });
  onTestFinished(() => old.stop());
  const details = await use(old.url, async (db) =>
    (await examine(db, { data: false })).map(({ reason, detail }) => `${reason}: ${detail}`),
  );
  expect(details).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^transaction-ids: The oldest transaction id is 1499\d{6} transactions old; /),
      expect.stringMatching(
        /^inactive-slot: Nobody reads the replication slot forgotten; it keeps 4\d{3} MB of WAL\.$/,
      ),
    ]),
  );
});

async function use<T>(url: string, work: (db: Database) => Promise<T>): Promise<T> {
  const db = openDatabase({
    url: () => url,
    ...{ poolSize: 1, maxWaiting: 10, acquireTimeoutMs: 60_000, statementTimeoutMs: 60_000 },
    onIdleError: () => undefined,
    onReturn: () => undefined,
  });
  try {
    return await work(db);
  } finally {
    await db.destroy();
  }
}
