import type { Result } from './result.ts';
import { judge, type Target } from './statistics.ts';

const WIDTH = 900;
const ROW = 24;
const LEFT = 420;
const TOP = 34;
/** A bar ends here at most: twice the target. */
const MOST = 2;

interface Bar {
  label: string;
  text: string;
  /** Of the target: 1 reaches it, more is better. */
  share: { median: number; least: number; most: number };
  met: boolean;
}

/** A picture of every finding that has a target, as a share of it: bars that reach the line have met it. */
export function drawChart(results: readonly Result[]): string {
  const bars = results.flatMap(barsOf);
  const height = TOP + bars.length * ROW + 16;
  const x = (share: number) => LEFT + (Math.min(share, MOST) / MOST) * (WIDTH - LEFT - 20);
  const rows = bars.map(({ label, text, share, met }, index) => {
    const y = TOP + index * ROW;
    const middle = y + ROW / 2;
    return `
  <text x="${LEFT - 8}" y="${middle + 4}" text-anchor="end">${escape(label)}</text>
  <rect x="${LEFT}" y="${y + 4}" width="${(x(share.median) - LEFT).toFixed(1)}" height="${ROW - 8}" fill="${met ? '#2f855a' : '#c05621'}"/>
  <line x1="${x(share.least).toFixed(1)}" x2="${x(share.most).toFixed(1)}" y1="${middle}" y2="${middle}" stroke="#1a202c" stroke-width="2"/>
  <text x="${LEFT + 6}" y="${middle + 4}" fill="#fff">${escape(text)}${share.median > MOST ? ' →' : ''}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="12" role="img">
  <title>Findings as shares of their targets</title>
  <rect width="${WIDTH}" height="${height}" fill="#fff"/>
  <text x="${x(1)}" y="18" text-anchor="middle" font-weight="bold">target</text>${rows.join('')}
  <line x1="${x(1)}" x2="${x(1)}" y1="24" y2="${height - 10}" stroke="#1a202c" stroke-dasharray="4 3"/>
</svg>
`;
}

function barsOf({ id, outcome }: Result): Bar[] {
  return (outcome?.findings ?? []).flatMap(({ name, values, unit = '', target }) => {
    if (!target) return [];
    const { median, least, most, met } = judge(values, target);
    const share = {
      median: shareOf(median, target),
      least: shareOf(least, target),
      most: shareOf(most, target),
    };
    return [
      { label: `${id}  ${name}`, text: `${Number(median.toPrecision(3))}${unit && ` ${unit}`}`, share, met },
    ];
  });
}

const shareOf = (value: number, target: Target) =>
  'atLeast' in target ? value / target.atLeast : target.atMost / value;

const escape = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
