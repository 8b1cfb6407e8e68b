/** Round whole numbers from 0 in about four steps, the last one at least `most`: the axis of a chart of counts. */
export function axisTicks(most: number): number[] {
  const smallestStep = Math.max(most, 4) / 4;
  const power = 10 ** Math.floor(Math.log10(smallestStep));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= smallestStep)!;
  return Array.from({ length: Math.ceil(Math.max(most, 4) / step) + 1 }, (_, index) => index * step);
}
