import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** These take longest, in this order, though some are small files: begun last, one of them ran alone at the end. */
const LONGEST = [
  'simulation/simulation',
  'deploy/upgrade',
  'jobs/workers',
  'journeys/forms',
  'deploy/stacks',
  'lifecycle/stop',
  'distributions/killed',
  'chaos/services',
  'deploy/artifact',
  'demo/demo',
  'concurrency/waiting',
  'chaos/events-out',
  'webhooks/relay/away',
  'jobs/jobs',
  'embedded-postgres/root',
  'embedded-postgres/embedded-postgres',
  'accounts/reset-admin',
  'lifecycle/database-refuses',
  'history/stream',
  'chaos/database-away',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`));
      return place === -1 ? LONGEST.length : place;
    };
    return (await super.sort(files)).sort((a, b) => placeOf(a) - placeOf(b));
  }
}

/** They put something else in the place of a library, which must not have been loaded for another file. */
const MOCKING = [
  'test/accounts/devices.test.ts',
  'test/accounts/sign-in.test.ts',
  'test/accounts/throttle.test.ts',
];

/** A sample of what answers requests, through the other forms: see test/support/forms.ts. */
const IN_EACH_FORM = ['test/access/scan.test.ts', 'test/coupons/admin.test.ts', 'test/history/pages.test.ts'];

/** The form in which all tests are asked to run. */
const form = process.env.TEST_FORM;

/** They look into the process of the one app, which does not answer the requests then. */
const OF_ONE_PROCESS = [
  'test/lifecycle/prepared.test.ts',
  'test/observe.test.ts',
  'test/plugins/logged-metrics.test.ts',
  'test/plugins/service-metrics.test.ts',
];
const TESTS_OF_ONE_PROCESS = ['tells metrics by webhook'];

/** They send as text what is no UTF-8. API Gateway hands text over as such, so that it arrives as other characters. */
const TESTS_OF_BYTES = [
  'UTF-(8|16) cut in the middle',
  'JSON that is not UTF-8',
  '(utf16|windows-1252): everybody gets',
];

const left = [...TESTS_OF_ONE_PROCESS, ...(form === 'lambda' ? TESTS_OF_BYTES : [])];

export default defineConfig({
  test: {
    ...(form !== undefined && { testNamePattern: new RegExp(`^(?!.*(${left.join('|')}))`) }),
    projects: [
      // A process loads the server once for all its files: a tenth of the time of all tests.
      {
        extends: true,
        test: {
          name: 'api',
          include: ['test/**/*.test.ts'],
          exclude: [...MOCKING, ...(form === undefined ? [] : OF_ONE_PROCESS)],
          isolate: false,
        },
      },
      { extends: true, test: { name: 'mocking', include: MOCKING } },
      ...['services', 'lambda'].map((form) => ({
        extends: true as const,
        test: { name: form, include: IN_EACH_FORM, env: { TEST_FORM: form } },
      })),
    ],
    globalSetup: 'test/support/cluster.ts',
    // Files run in parallel, in three processes for two cores, because a third of their time is waiting. Each has its database, cloned from
    // the cluster's template.
    pool: 'forks',
    maxWorkers: Math.ceil(1.5 * availableParallelism()),
    sequence: { sequencer: LongestFirst },
    // For what hangs; a machine with much else to do is not a failure.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 30_000,
  },
});
