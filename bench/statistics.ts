/** What a benchmark has to reach: a ratio, or a number in the unit that its name says. */
export type Target = { atLeast: number } | { atMost: number };

interface Spread {
  median: number;
  least: number;
  most: number;
}

export interface Judgement extends Spread {
  /** By the median. */
  met: boolean;
  /** No round says otherwise. */
  unanimous: boolean;
}

/** The middle value; between the two in the middle when there is an even number of them. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

/**
 * Round by round: rounds that follow each other share the machine's mood, so their ratio says more than that of two medians.
 * @throws when the two did not have the same rounds
 */
export function ratios(ours: readonly number[], theirs: readonly number[]): number[] {
  if (ours.length !== theirs.length || ours.length === 0)
    throw new Error(`${ours.length} rounds cannot be compared with ${theirs.length}`);
  return ours.map((value, round) => value / theirs[round]!);
}

/** The value below which `share` (0–1) of the sorted values are (nearest rank). */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  return sorted.length === 0 ? Number.NaN : sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]!;
}

const reaches = (value: number, target: Target): boolean =>
  'atLeast' in target ? value >= target.atLeast : value <= target.atMost;

export function judge(values: readonly number[], target: Target): Judgement {
  const spread = spreadOf(values);
  const met = reaches(spread.median, target);
  return { ...spread, met, unanimous: values.every((value) => reaches(value, target) === met) };
}
