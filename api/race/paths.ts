import { printTable } from './report.ts';

/** Groups of commands by the way they took, as the metrics of the nodes count them: `random one trip` → 12. */
export type PathCounts = Map<string, number>;

const METRIC = /^coupon_(random|by_code)_groups_total\{path="([^"]+)"\} (\d+)$/gm;

/** @returns null when a node does not show its metrics */
export async function countPaths(urls: readonly string[]): Promise<PathCounts | null> {
  const counts: PathCounts = new Map();
  for (const url of urls) {
    const text = await readMetrics(url);
    if (text === null) return null;
    for (const [, lane, path, count] of text.matchAll(METRIC)) {
      const name = `${lane!.replace('_', ' ')} ${path!}`;
      counts.set(name, (counts.get(name) ?? 0) + Number(count));
    }
  }
  return counts;
}

async function readMetrics(url: string): Promise<string | null> {
  try {
    const answer = await fetch(new URL('/metrics', url), { signal: AbortSignal.timeout(10_000) });
    return answer.ok ? await answer.text() : null;
  } catch {
    return null;
  }
}

const LANES = { random: 'random assignments', 'by code': 'locks and redemptions' };
const PATHS = ['one trip', 'usual', 'usual after all'];

/** How many groups took which way since `before`. */
export function printPaths(before: PathCounts | null, after: PathCounts | null): void {
  if (!before || !after) return;
  const since = (name: string) => String((after.get(name) ?? 0) - (before.get(name) ?? 0));
  printTable(
    ['groups', ...PATHS],
    Object.entries(LANES).map(([lane, words]) => [words, ...PATHS.map((path) => since(`${lane} ${path}`))]),
  );
}
