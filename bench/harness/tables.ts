import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';

export interface TableState {
  table: string;
  rows: number;
  dead: number;
  autovacuums: number;
  heapMB: number;
  indexesMB: number;
}

const TABLES = ['coupons', 'book_user_counters', 'events', 'redemption_history'];

/** An idle connection tells the statistics within 10 s what it has changed: PGSTAT_IDLE_INTERVAL in PostgreSQL's pgstat.c. */
const TOLD_MS = 11_000;

/** How large the tables of coupons are, and what is dead in them, when all connections have told what they did. */
export async function readTables(sql: pg.Client): Promise<TableState[]> {
  await delay(TOLD_MS);
  const { rows } = await sql.query<Record<keyof TableState, string>>(
    `SELECT relname AS table, n_live_tup AS rows, n_dead_tup AS dead, autovacuum_count AS autovacuums,
            pg_table_size(relid) / 1e6 AS "heapMB", pg_indexes_size(relid) / 1e6 AS "indexesMB"
     FROM pg_stat_user_tables WHERE schemaname = 'public' AND relname = ANY($1)
     ORDER BY array_position($1, relname::text)`,
    [TABLES],
  );
  return rows.map(({ table, ...numbers }) => ({
    table,
    ...(Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, Number(value)])) as Omit<
      TableState,
      'table'
    >),
  }));
}

/** A line for people, such as "coupons: 1000000 rows, 20000 dead, 2 autovacuums, 170 MB and 260 MB of indexes". */
export const describeTable = ({ table, rows, dead, autovacuums, heapMB, indexesMB }: TableState) =>
  `${table}: ${rows} rows, ${dead} dead, ${autovacuums} autovacuums, ${heapMB.toFixed(0)} MB and ${indexesMB.toFixed(0)} MB of indexes`;
