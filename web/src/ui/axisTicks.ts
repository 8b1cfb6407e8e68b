/** Whole round numbers from 0, about four steps of them, the last not below `most`: an axis for counts. */
export function axisTicks(most: number): number[] {
  const smallestStep = Math.max(most, 4) / 4;
  const power = 10 ** Math.floor(Math.log10(smallestStep));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= smallestStep)!;
  return Array.from({ length: Math.ceil(Math.max(most, 4) / step) + 1 }, (_, index) => index * step);
}
