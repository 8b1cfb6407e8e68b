import type { Checkout } from '../checkout.ts';
import { alternate } from '../harness/measure.ts';
import { withProduct } from '../harness/product.ts';
import type { Finding, Measure, Program } from '../program.ts';
import { ratios } from '../statistics.ts';
import { contests } from './contests.ts';

/** What a server does for a request at least, of what it did before. */
const NOOP_TARGET = { atMost: 0.75 };

/** Programs that let this checkout and another commit take turns, each with a server and a database of its own on one PostgreSQL. */
export const programsAgainst = ({ commit, folder }: Checkout): Program[] =>
  contests.map(({ id, title, rivals, open }) => ({
    id,
    title: `${title}: this checkout against ${commit}`,
    run: (bench) =>
      withProduct(bench, { rivals }, async (here) => {
        const there = await here.addProduct('other', { root: folder });
        const [ours, theirs] = [await open(bench, here), await open(bench, there)];
        // Filling takes minutes.
        for (const { renewTokens } of [here, there]) await renewTokens();
        const measures: Measure[] = [];
        const findings: Finding[] = [];
        for (const [setting, { turn, unit, warmUps }] of Object.entries(ours.works)) {
          const turns = await alternate(
            bench,
            { setting, unit, warmUps },
            { here: turn, [commit]: theirs.works[setting]!.turn },
          );
          const [mine, other] = [turns.here!, turns[commit]!];
          measures.push(mine, other);
          findings.push(...compareAll(mine, other, setting));
        }
        await ours.confirm();
        await theirs.confirm();
        return { measures, findings, notes: [] };
      }),
  }));

const targetOf = (setting: string, what: string) =>
  setting.startsWith('no-op') && what === 'server µs' ? NOOP_TARGET : undefined;

/** Speed, CPU and WAL of one work, as ratios round by round. */
function compareAll(ours: Measure, theirs: Measure, setting: string): Finding[] {
  const finding = (what: string, read: (measure: Measure) => number[] | undefined): Finding[] => {
    const [mine, other] = [read(ours), read(theirs)];
    return mine && other
      ? [{ name: `${setting}: ${what}`, values: ratios(mine, other), target: targetOf(setting, what) }]
      : [];
  };
  const detail = (name: string) => (measure: Measure) => measure.details[name];
  return [
    ...finding(ours.unit === 's' ? 'seconds' : 'requests per second', ({ values }) => values),
    ...finding('server µs', detail('server µs')),
    ...finding('PostgreSQL µs', detail('PostgreSQL µs')),
    ...finding('server CPU s', detail('server CPU s')),
    ...finding('PostgreSQL CPU s', detail('PostgreSQL CPU s')),
    ...finding('WAL', detail('WAL kB')),
    ...finding('WAL', detail('WAL MB')),
  ];
}
