import { sql } from 'kysely';
import type { Database, Transaction } from '../database/connection.ts';

/**
 * Budgets count what went wrong (wrong codes, failed sign-ins) per scope in a fixed window, in the database, so that all nodes
 * see one count. A scope is a short text that holds no secret, such as `codes:user:<id>`.
 */
export interface Budget {
  scope: string;
  /** How many in a window. */
  limit: number;
  windowSeconds: number;
}

/** What is left of each of `budgets`, for who spends several in one transaction, and the seconds until its window ends. */
export async function findBudgetsLeft(
  db: Database | Transaction,
  budgets: readonly Budget[],
): Promise<Map<string, { left: number; seconds: number }>> {
  const named = new Map(
    budgets.map((budget) => [budget.scope, { left: budget.limit, seconds: budget.windowSeconds }]),
  );
  if (named.size === 0) return named;
  const { rows } = await sql<{ scope: string; spent: number; seconds: number }>`
    SELECT scope, spent, ceil(extract(epoch FROM window_ends_at - clock_timestamp()))::integer AS seconds
    FROM budgets WHERE scope = ANY(${[...named.keys()]}::text[]) AND window_ends_at > clock_timestamp()`.execute(
    db,
  );
  for (const { scope, spent, seconds } of rows) {
    named.set(scope, { left: named.get(scope)!.left - spent, seconds: Math.max(1, seconds) });
  }
  return named;
}

/**
 * Spends one of each budget named (a budget named twice: two). Rows are taken in the order of their scopes: no deadlocks.
 * @returns the seconds until each budget opens again that did not have as much left; it is spent all the same
 */
export async function spendBudgets(
  db: Database | Transaction,
  budgets: readonly Budget[],
): Promise<Map<string, number>> {
  if (budgets.length === 0) return new Map();
  const { rows } = await sql<{ scope: string; spent: number; seconds: number }>`
    INSERT INTO budgets AS b (scope, spent, window_ends_at)
    SELECT scope, count(*), clock_timestamp() + max(seconds) * interval '1 second'
    FROM unnest(${budgets.map(({ scope }) => scope)}::text[], ${budgets.map(({ windowSeconds }) => windowSeconds)}::integer[])
      AS spent(scope, seconds)
    GROUP BY scope ORDER BY scope
    ON CONFLICT (scope) DO UPDATE SET
      spent = CASE WHEN b.window_ends_at > clock_timestamp() THEN b.spent ELSE 0 END + EXCLUDED.spent,
      window_ends_at = CASE WHEN b.window_ends_at > clock_timestamp() THEN b.window_ends_at ELSE EXCLUDED.window_ends_at END
    RETURNING scope, spent, ceil(extract(epoch FROM window_ends_at - clock_timestamp()))::integer AS seconds`.execute(
    db,
  );
  const limits = new Map(budgets.map(({ scope, limit }) => [scope, limit]));
  const over = rows.filter(({ scope, spent }) => spent > limits.get(scope)!);
  return new Map(over.map(({ scope, seconds }) => [scope, Math.max(1, seconds)]));
}

/** Gives one of each budget back: what was spent in advance, and was not a failure. Rows are taken in the same order. */
export async function refundBudgets(db: Database | Transaction, budgets: readonly Budget[]): Promise<void> {
  await sql`
    UPDATE budgets SET spent = greatest(spent - 1, 0)
    FROM (
      SELECT scope FROM budgets
      WHERE scope = ANY(${budgets.map(({ scope }) => scope)}::text[]) AND window_ends_at > clock_timestamp()
      ORDER BY scope FOR UPDATE) AS held
    WHERE budgets.scope = held.scope`.execute(db);
}

/** Forgets windows that are over. */
export async function deleteEndedBudgets(db: Database): Promise<void> {
  await sql`DELETE FROM budgets WHERE window_ends_at < (SELECT clock_timestamp())`.execute(db);
}
