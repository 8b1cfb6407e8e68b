import { createHash } from 'node:crypto';

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

/**
 * sfc32 of https://github.com/bryc/code/blob/master/jshash/PRNGs.md, begun at a hash of what names the sequence. With a state of only
 * 32 bits, two of ten thousand sequences met in one run of fifty or so, and drew the same ids.
 */
export function randomOf(...names: (string | number)[]): Random {
  const hash = createHash('sha256').update(names.join(' ')).digest();
  let [a, b, c, counter] = [0, 4, 8, 12].map((at) => hash.readInt32LE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const next = (): number => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + sum) | 0;
    return sum >>> 0;
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
