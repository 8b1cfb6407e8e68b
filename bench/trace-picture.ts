import type { CollectedSpan } from './harness/collector.ts';

const WIDTH = 920;
const LEFT = 170;
const RIGHT = 20;
const LINE = 5;
const STATEMENT = 48;
/** Characters of a name on one line. */
const NAME = 110;

const timesOf = ({ startTimeUnixNano: start, endTimeUnixNano: end }: CollectedSpan) =>
  [Number(BigInt(start) / 1_000n), Number(BigInt(end) / 1_000n)] as const;
const escape = (words: string) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/**
 * An SVG of the largest group among these spans: the requests that it settled, each a line, the group with its links to them, and its
 * round trips to the database below.
 */
export function drawTrace(spans: readonly CollectedSpan[]): string {
  const links = ({ links = [] }: CollectedSpan) => links.length;
  const [group] = spans.filter(({ name }) => name === 'coupon group').toSorted((a, b) => links(b) - links(a));
  if (!group) throw new Error('There is no group among the spans.');
  const settled = new Set(group.links?.map(({ spanId }) => spanId));
  const requests = spans
    .filter(({ spanId }) => settled.has(spanId))
    .toSorted((a, b) => timesOf(a)[0] - timesOf(b)[0]);
  const trips = spans.filter(({ parentSpanId }) => parentSpanId === group.spanId);
  const shown = [group, ...requests, ...trips].map(timesOf);
  const [from, to] = [Math.min(...shown.map(([start]) => start)), Math.max(...shown.map(([, end]) => end))];
  const x = (time: number) => LEFT + ((time - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const bar = (span: CollectedSpan, y: number, height: number, kind: string) => {
    const [start, end] = timesOf(span);
    return `<rect class="${kind}" x="${x(start).toFixed(1)}" y="${y}" width="${Math.max(1, x(end) - x(start)).toFixed(1)}" height="${height}"/>`;
  };
  /** Below its bar, on at most two lines. */
  const nameOf = (words: string, y: number) =>
    [words.slice(0, NAME), words.slice(NAME, 2 * NAME)]
      .filter(Boolean)
      .map((line, index) => `<text x="${LEFT}" y="${y + index * 13}">${escape(line)}</text>`)
      .join('');
  const label = (y: number, words: string) => `<text x="8" y="${y}">${escape(words)}</text>`;
  const ms = (span: CollectedSpan) => `${((timesOf(span)[1] - timesOf(span)[0]) / 1000).toFixed(1)} ms`;

  const top = 34;
  const groupY = top + requests.length * LINE + 34;
  const height = groupY + 26 + trips.length * STATEMENT + 34;
  const [groupStart] = timesOf(group);
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="11">
<title>One group of ${requests.length} claims: the requests, the group that is linked with each, its round trips to the database</title>
<style>svg { background: #fff } text { fill: #27272a } .request { fill: #a5b4fc } .group { fill: #4f46e5 } .trip { fill: #34d399 } .link { stroke: #4f46e5; stroke-width: .4; opacity: .5 }</style>
${label(20, `${requests.length} × POST /coupons/assign/random`)}
${requests
  .map((request, index) => {
    const y = top + index * LINE;
    return `${bar(request, y, LINE - 2, 'request')}<line class="link" x1="${x(groupStart).toFixed(1)}" y1="${y + 1.5}" x2="${x(groupStart).toFixed(1)}" y2="${groupY}"/>`;
  })
  .join('\n')}
${label(groupY + 12, `coupon group, ${links(group)} links`)}
${bar(group, groupY, 16, 'group')}
<text x="${(x(groupStart) + 4).toFixed(1)}" y="${groupY - 5}">${ms(group)}</text>
${trips
  .toSorted((a, b) => timesOf(a)[0] - timesOf(b)[0])
  .map((trip, index) => {
    const y = groupY + 26 + index * STATEMENT;
    return `${label(y + 11, 'round trip')}${bar(trip, y, 14, 'trip')}${nameOf(`${trip.name} · ${ms(trip)}`, y + 26)}`;
  })
  .join('\n')}
${label(height - 10, `${((to - from) / 1000).toFixed(1)} ms in all`)}
</svg>
`;
}
