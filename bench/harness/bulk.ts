import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type pg from 'pg';
import { from as copyFrom } from 'pg-copy-streams';
import { peakMemory } from './cpu.ts';
import { readWal, type Turn } from './measure.ts';
import { type Product, readCpu } from './product.ts';
import { emptyTables } from './stage.ts';

/** As the product's own: no I and O, no 0 and 1. */
const CHARACTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZ23456789';
const CHUNK = 10_000;

/** Codes as a supplier sends them, `XXXX-XXXX-XXXX` in no order; always the same. */
export function* makeCodes(count: number): Generator<string> {
  for (let n = 0; n < count; n += 1) {
    const bytes = createHash('sha1').update(`bench ${n}`).digest();
    const letters = Array.from(bytes.subarray(0, 12), (byte) => CHARACTERS[byte & 31]).join('');
    yield `${letters.slice(0, 4)}-${letters.slice(4, 8)}-${letters.slice(8)}`;
  }
}

/** Times one piece of bulk work, from the request to its end. */
export async function turnOfWork(product: Product, work: () => Promise<void>): Promise<Turn> {
  const { server, sql } = product;
  forgetPeak(server.pid);
  const [cpu, wal, started] = [readCpu(product), await readWal(sql), performance.now()];
  await work();
  const seconds = (performance.now() - started) / 1000;
  const after = readCpu(product);
  return {
    value: seconds,
    details: {
      'server CPU s': after.server - cpu.server,
      'PostgreSQL CPU s': after.database - cpu.database,
      'server peak MB': peakMemory(server.pid),
      'WAL MB': ((await readWal(sql)) - wal) / 1e6,
    },
  };
}

/** https://man7.org/linux/man-pages/man5/proc_pid_clear_refs.5.html: 5 resets the peak of the resident memory. */
function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Not Linux: then there is no peak to read either.
  }
}

/** The rival of uploads and of generation: COPY of codes into the product's own table, in one transaction. */
export async function copyCodes(sql: pg.Client, bookId: string, codes: readonly string[]): Promise<void> {
  const chunks = Array.from({ length: Math.ceil(codes.length / CHUNK) }, (_, index) =>
    codes
      .slice(index * CHUNK, (index + 1) * CHUNK)
      .map((code) => `${bookId}\t${code}\n`)
      .join(''),
  );
  await pipeline(Readable.from(chunks), sql.query(copyFrom('COPY coupons (book_id, code) FROM STDIN')));
}

/** As before there were any coupons, and nothing left to write to the disk. */
export async function beginEmpty(sql: pg.Client): Promise<void> {
  await emptyTables(sql);
  await sql.query('CHECKPOINT');
}

/** @throws when the book does not have exactly so many coupons in this state */
export async function confirmCount(
  sql: pg.Client,
  bookId: string,
  state: string,
  wanted: number,
): Promise<void> {
  const { rows } = await sql.query<{ count: string }>(
    'SELECT count(*) FROM coupons WHERE book_id = $1 AND state = $2',
    [bookId, state],
  );
  if (Number(rows[0]!.count) !== wanted)
    throw new Error(`${rows[0]!.count} coupons are ${state}, not ${wanted}`);
}
