import { printTable } from '../api/race/report.ts';
import type { Finding, Measure } from './program.ts';
import type { Result } from './result.ts';
import { judge, median, spreadOf, type Target } from './statistics.ts';

/** A number as people read it; the unit is in the head of its column or follows. */
function show(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toFixed(digits).replace(/\B(?=(\d{3})+(?!\d))/, ',');
}

const showSpread = (values: readonly number[], unit = '') => {
  const { median: middle, least, most } = spreadOf(values);
  return `${show(middle)}${unit && ` ${unit}`}${values.length > 1 ? ` (${show(least)}–${show(most)})` : ''}`;
};

const showTarget = (target: Target | undefined, unit = '') =>
  !target
    ? ''
    : `${'atLeast' in target ? '≥' : '≤'} ${'atLeast' in target ? target.atLeast : target.atMost}${unit && ` ${unit}`}`;

/** Whether a target was reached, by the median; and whether any round disagrees. */
export function verdictOf({ values, target }: Finding): string {
  if (!target) return '';
  const { met, unanimous } = judge(values, target);
  return `${met ? 'met' : 'MISSED'}${unanimous ? '' : met ? ', not in every round' : ', met in some rounds'}`;
}

const findingsHead = ['', 'what', 'median (least–most)', 'target', 'verdict'];

/** A line for each finding; for a program without any, one that says why. */
function findingRows(results: readonly Result[]): string[][] {
  return results.flatMap(({ id, title, outcome, flushMs, notMeasured, failed }) => {
    if (!outcome) return [[id, title, failed ?? notMeasured ?? '', '', failed ? 'FAILED' : 'not measured']];
    return outcome.findings.map((finding) => [
      id,
      finding.name + (flushMs === undefined ? '' : `, flush ${show(flushMs)} ms`),
      showSpread(finding.values, finding.unit),
      showTarget(finding.target, finding.unit),
      verdictOf(finding),
    ]);
  });
}

/** What each contestant did, with what explains it: medians over the rounds. */
function measureTable(measures: readonly Measure[]): { head: string[]; rows: string[][] } {
  const details = [...new Set(measures.flatMap((measure) => Object.keys(measure.details)))];
  return {
    head: ['', 'median (least–most)', ...details],
    rows: measures.map((measure) => [
      measure.name + (measure.setting ? `, ${measure.setting}` : ''),
      showSpread(measure.values, measure.unit),
      ...details.map((name) => (measure.details[name] ? show(median(measure.details[name])) : '')),
    ]),
  };
}

export function printResult({ id, title, outcome, tookSeconds, ...result }: Result): void {
  console.log(`\n${id}  ${title} (${tookSeconds.toFixed(0)} s, ${showOthers(result)})\n`);
  if (!outcome) return;
  const { head, rows } = measureTable(outcome.measures);
  printTable(head, rows);
  for (const note of outcome.notes) console.log(`  ${note}`);
}

export const printFindings = (results: readonly Result[]): void =>
  printTable(findingsHead, findingRows(results));

/** Everything as Markdown, with the chart beside it. */
export function writeMarkdown(results: readonly Result[]): string {
  const { machine, startedAt } = results
    .toSorted((one, other) => one.startedAt.localeCompare(other.startedAt))
    .at(-1)!;
  return `# Benchmarks of ${startedAt.slice(0, 10)}

Written by \`npm run bench\`; [what is measured, and how to read it](../../docs/performance.md). Each number is the median of the rounds, with the least and the most of them. Contestants take turns within a round; a ratio is made round by round.

${Object.entries(machine)
  .map(([name, value]) => `- ${name}: ${value}`)
  .join('\n')}

${markdownTable(findingsHead, findingRows(results))}

![the findings beside their targets](latest.svg)
${results.map(section).join('')}`;
}

const showOthers = ({ othersCores, stolenCores }: Pick<Result, 'othersCores' | 'stolenCores'>) =>
  `others kept ${show(othersCores)} cores busy` +
  (stolenCores === undefined ? '' : `, the hypervisor took ${show(stolenCores)}`);

function section({ id, title, outcome, startedAt, tookSeconds, commit, options, ...result }: Result): string {
  const { rounds, seconds, rows, quick } = options;
  const how = [
    `${rounds} rounds of ${seconds} s or ${rows} rows`,
    quick ? 'quick' : '',
    commit ? `commit ${commit}` : '',
    `started ${startedAt}, took ${tookSeconds.toFixed(0)} s`,
    showOthers(result),
  ];
  const parts = [`\n## ${id}\n`, `${title[0]!.toUpperCase()}${title.slice(1)}.`];
  if (outcome) {
    const { head, rows: lines } = measureTable(outcome.measures);
    parts.push(markdownTable(head, lines));
    if (outcome.notes.length > 0) parts.push(outcome.notes.map((note) => `- ${note}`).join('\n'));
  }
  parts.push(`${how.filter(Boolean).join('; ')}.`, '');
  return parts.join('\n\n').replace('\n\n\n', '\n\n');
}

const markdownTable = (head: string[], rows: string[][]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
