import { outcomes, type Round } from './contest.ts';

export interface Check {
  name: string;
  holds: boolean;
  /** What was seen; with what was expected, when that is something else. */
  seen: string;
}

/** A check that two counts are equal. */
export function equal(name: string, seen: number, expected: number): Check {
  return {
    name,
    holds: seen === expected,
    seen: seen === expected ? String(seen) : `${seen}, expected ${expected}`,
  };
}

/** A check that a list of exceptions is empty; the first few are shown. */
export function none(name: string, exceptions: readonly string[]): Check {
  const shown = exceptions.slice(0, 3).join(', ');
  const seen =
    exceptions.length === 0 ? 'none' : `${exceptions.length}: ${shown}${exceptions.length > 3 ? ', …' : ''}`;
  return { name, holds: exceptions.length === 0, seen };
}

export function printRounds(rounds: readonly { name: string; round: Round }[]): void {
  const rows = rounds.map(({ name, round }) => {
    const times = round.tries.map(({ answer }) => answer.ms).sort((a, b) => a - b);
    const at = (share: number) =>
      `${times[Math.min(times.length - 1, Math.floor(times.length * share))]!.toFixed(0)} ms`;
    const said = [...outcomes(round)].map(([outcome, count]) => `${count} × ${outcome}`).join(', ');
    return [
      name,
      String(round.tries.length),
      `${(round.seconds * 1000).toFixed(0)} ms`,
      (round.tries.length / round.seconds).toFixed(0),
      at(0.5),
      at(0.99),
      said,
    ];
  });
  printTable(['', 'requests', 'took', 'per second', 'p50', 'p99', 'answers'], rows);
}

export function printChecks(checks: readonly Check[]): void {
  printTable(
    ['', 'holds?', 'seen'],
    checks.map(({ name, holds, seen }) => [name, holds ? 'yes' : 'NO', seen]),
  );
}

/** Numbers to the right, words to the left. */
export function printTable(head: string[], rows: string[][]): void {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: string[]) =>
    cells
      .map((cell, column) =>
        /^[\d.,]+( ms| µs| %)?$/.test(cell) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('   ')
      .trimEnd();
  console.log([line(head), ...rows.map(line)].map((text) => `  ${text}`).join('\n'));
  console.log();
}
