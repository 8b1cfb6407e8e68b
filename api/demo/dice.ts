/** Chance that falls the same way every time, so that every demo shows the same: mulberry32, which is enough for that. */
export function dice(seed: number) {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    between: (least: number, most: number) => least + next() * (most - least),
    pick: <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)]!,
    /** A key of `weights`, as often as its weight says. */
    weighted<K extends string | number>(weights: readonly (readonly [K, number])[]): K {
      let left = next() * weights.reduce((sum, [, weight]) => sum + weight, 0);
      return (weights.find(([, weight]) => (left -= weight) < 0) ?? weights.at(-1)!)[0];
    },
    shuffled<T>(items: readonly T[]): T[] {
      return items
        .map((item) => [next(), item] as const)
        .sort(([a], [b]) => a - b)
        .map(([, item]) => item);
    },
  };
}

export type Dice = ReturnType<typeof dice>;
