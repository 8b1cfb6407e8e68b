/** A source of chance that gives the same sequence for the same seed. */
export interface Random {
  /** From 0 to below `end`. */
  int: (end: number) => number;
  pick: <T>(list: readonly T[]) => T;
  chance: (probability: number) => boolean;
  /** One of the keys, as often as its weight says. */
  weighted: <K extends string>(weights: Record<K, number>) => K;
  uuid: () => string;
}

/** https://github.com/bryc/code/blob/master/jshash/PRNGs.md (splitmix32), begun at a hash (FNV-1a) of what names the sequence. */
export function randomOf(...names: (string | number)[]): Random {
  let state = 0x811c9dc5;
  for (const character of names.join(' ')) state = Math.imul(state ^ character.codePointAt(0)!, 0x01000193);
  const next = (): number => {
    state = (state + 0x9e3779b9) | 0;
    let mixed = state ^ (state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return (mixed ^ (mixed >>> 15)) >>> 0;
  };
  const float = () => next() / 2 ** 32;
  const int = (end: number) => Math.floor(float() * end);
  return {
    int,
    pick: (list) => list[int(list.length)]!,
    chance: (probability) => float() < probability,
    weighted(weights) {
      const entries = Object.entries<number>(weights) as [keyof typeof weights, number][];
      let rest = float() * entries.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [key, weight] of entries) if ((rest -= weight) < 0) return key;
      return entries.at(-1)![0];
    },
    uuid() {
      const hex = [next(), next(), next(), next()].map((part) => part.toString(16).padStart(8, '0')).join('');
      return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*$/, '$1-$2-4$3-8$4-$5');
    },
  };
}
