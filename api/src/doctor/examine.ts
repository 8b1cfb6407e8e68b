import { readdirSync } from 'node:fs';
import { sql } from 'kysely';
import { allowBulkWork } from '../database/bulk.ts';
import type { Database, Transaction } from '../database/connection.ts';
import { isOutage } from '../database/errors.ts';
import { listMissingRights } from '../database/rights.ts';
import { inTransaction } from '../database/transaction.ts';
import { packageFiles } from '../package-files.ts';
import { type Finding, finding } from './finding.ts';
import {
  type Broken,
  findBacklog,
  findBrokenCounters,
  findBrokenCounts,
  findBrokenRedemptions,
  findBrokenTrail,
  findServerFacts,
  listAppliedMigrations,
  listBlockedSessions,
  listBookIds,
  listInactiveSlots,
  listInvalidIndexes,
  listOldTransactions,
  listPreparedTransactions,
  type ServerFacts,
} from './queries.ts';

const OLDEST_POSTGRES = 150_000;
const CLOCK_SECONDS = 2;
const FEW_CONNECTIONS = 5;
const OLD_TRANSACTION_IDS = 1_000_000_000;
const MUCH_WAL_MEGABYTES = 1_024;
/** A fold takes this many away in a second or so; it runs every SWEEP_SECONDS. */
const MANY_DELTAS = 100_000;
const JOB_MINUTES = 5;
/** Rotation makes a new one after 90 days, within the time between two sweeps. */
const OLD_KEY_DAYS = 92;

export interface ExamineOptions {
  /** Also read all coupons and their trail: a second for a million coupons or so, without holding anybody up. */
  data: boolean;
  /** Of how many books with broken data it speaks one by one. */
  mostBooks?: number;
  /** Told of each book of which the data were read. */
  onBook?: (done: number, of: number) => void;
}

/**
 * Looks at a database as an operator would at night. Changes nothing and locks no rows. What it cannot reach is a finding too.
 * @returns what it found, the worst first
 */
export async function examine(db: Database, options: ExamineOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  try {
    const facts = await findServerFacts(db);
    findings.push(...judgeServer(facts), ...(await examineSessions(db)));
    const schema = await examineSchema(db);
    findings.push(...schema);
    const readable = !schema.some(({ severity }) => severity === 'error');
    if (readable) {
      findings.push(...(await examineBacklog(db)));
      if (options.data) findings.push(...(await examineData(db, options)));
    }
  } catch (error) {
    if (!isOutage(error)) throw error;
    findings.push(finding('unreachable', { error: (error as Error).message }));
  }
  const order = { error: 0, warning: 1, notice: 2 };
  return findings.sort((a, b) => order[a.severity] - order[b.severity]);
}

/** What its settings and its state mean. */
export function judgeServer(facts: ServerFacts): Finding[] {
  const findings: Finding[] = [];
  if (facts.versionNumber < OLDEST_POSTGRES)
    findings.push(finding('old-postgres', { version: facts.version }));
  if (facts.encoding !== 'UTF8') findings.push(finding('not-utf8', { encoding: facts.encoding }));
  if (facts.readOnly) findings.push(finding('read-only', {}));
  const durability = {
    fsync: facts.fsync,
    full_page_writes: facts.fullPageWrites,
    synchronous_commit: facts.synchronousCommit,
  };
  for (const [setting, value] of Object.entries(durability))
    if (value === 'off') findings.push(finding('not-durable', { setting, value }));
  if (/^(on|pglz)$/.test(facts.walCompression)) findings.push(finding('slow-wal-compression', {}));
  if (facts.autovacuum === 'off') findings.push(finding('autovacuum-off', {}));
  if (facts.freeConnections < FEW_CONNECTIONS)
    findings.push(finding('few-connections', { free: Math.max(0, facts.freeConnections) }));
  const seconds = Math.round(Math.abs(facts.now.getTime() - Date.now()) / 1000);
  if (seconds > CLOCK_SECONDS) findings.push(finding('clock-differs', { seconds }));
  if (facts.transactionAge > OLD_TRANSACTION_IDS)
    findings.push(finding('transaction-ids', { age: facts.transactionAge }));
  return findings;
}

async function examineSessions(db: Database): Promise<Finding[]> {
  const slots = await listInactiveSlots(db);
  return [
    ...(await listOldTransactions(db)).map((row) => finding('old-transaction', row)),
    ...(await listPreparedTransactions(db)).map((row) => finding('prepared-transaction', row)),
    ...(await listBlockedSessions(db)).map((row) => finding('blocked-session', row)),
    ...slots
      .filter(({ megabytes }) => megabytes > MUCH_WAL_MEGABYTES)
      .map((row) => finding('inactive-slot', row)),
  ];
}

async function examineSchema(db: Database): Promise<Finding[]> {
  const findings: Finding[] = [];
  const run = await listMissingRights(db);
  if (run.length > 0)
    findings.push(
      finding(
        'rights-missing',
        {},
        run.map((statement) => `${statement};`),
      ),
    );
  const applied = await listAppliedMigrations(db);
  const known = readdirSync(packageFiles.migrations).map((file) => file.replace(/\.sql$/, ''));
  const missing = known.filter((name) => !applied.includes(name)).sort();
  const unknown = applied.filter((name) => !known.includes(name));
  if (missing.length > 0) findings.push(finding('migrations-missing', { names: missing.join(', ') }));
  if (unknown.length > 0) findings.push(finding('migrations-unknown', { names: unknown.join(', ') }));
  for (const row of await listInvalidIndexes(db)) findings.push(finding('invalid-index', row));
  return findings;
}

async function examineBacklog(db: Database): Promise<Finding[]> {
  const backlog = await findBacklog(db);
  const findings: Finding[] = [];
  if (backlog.unsweptLocks > 0)
    findings.push(
      finding('locks-not-swept', { count: backlog.unsweptLocks, minutes: backlog.unsweptMinutes }),
    );
  if (backlog.unfoldedRows > MANY_DELTAS)
    findings.push(finding('counts-not-folded', { rows: backlog.unfoldedRows }));
  if (backlog.waitingMinutes >= JOB_MINUTES)
    findings.push(finding('jobs-not-run', { count: backlog.waitingJobs, minutes: backlog.waitingMinutes }));
  if (backlog.failedJobs > 0) findings.push(finding('jobs-failed', { count: backlog.failedJobs }));
  for (const relay of backlog.stoppedRelays) findings.push(finding('relay-stopped', { relay }));
  if (backlog.failingWebhooks > 0)
    findings.push(finding('webhooks-failing', { count: backlog.failingWebhooks }));
  if (backlog.admins === 0) findings.push(finding('no-admin', {}));
  if (backlog.initialPassword !== null)
    findings.push(finding('initial-password', { email: backlog.initialPassword }));
  if (backlog.emailClashes > 0) findings.push(finding('email-clashes', { count: backlog.emailClashes }));
  if (backlog.signingKeyDays !== null && backlog.signingKeyDays > OLD_KEY_DAYS)
    findings.push(finding('old-signing-key', { days: backlog.signingKeyDays }));
  return findings;
}

const DATA_CHECKS = [
  ['broken-counter', findBrokenCounters],
  ['broken-counts', findBrokenCounts],
  ['broken-redemptions', findBrokenRedemptions],
  ['broken-trail', findBrokenTrail],
] as const satisfies readonly [
  reason: string,
  check: (trx: Transaction, bookId: string) => Promise<Broken>,
][];

/** All of one moment: one snapshot, in which writers go on. */
async function examineData(
  db: Database,
  { onBook, mostBooks = Infinity }: ExamineOptions,
): Promise<Finding[]> {
  return inTransaction(db, async (trx) => {
    await sql`SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY`.execute(trx);
    await allowBulkWork(trx);
    const findings: Finding[] = [];
    const bookIds = await listBookIds(trx);
    let broken = 0;
    for (const [index, bookId] of bookIds.entries()) {
      const ofBook: Finding[] = [];
      for (const [reason, check] of DATA_CHECKS) {
        const { count, example } = await check(trx, bookId);
        if (count > 0) ofBook.push(finding(reason, { bookId, count, example: example! }));
      }
      if (ofBook.length > 0 && ++broken <= mostBooks) findings.push(...ofBook);
      onBook?.(index + 1, bookIds.length);
    }
    if (broken > mostBooks) findings.push(finding('more-broken-books', { count: broken - mostBooks }));
    return findings;
  });
}
