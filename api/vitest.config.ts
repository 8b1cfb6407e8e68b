import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** These take longest, mostly waiting, though they are small files: begun last, one of them ran alone for a minute at the end. */
const LONGEST = [
  'simulation/simulation',
  'jobs/workers',
  'distributions/killed',
  'lifecycle/stop',
  'concurrency/waiting',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) =>
      LONGEST.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
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

export default defineConfig({
  test: {
    projects: [
      // A process loads the server once for all its files: a tenth of the time of all tests.
      {
        extends: true,
        test: { name: 'api', include: ['test/**/*.test.ts'], exclude: MOCKING, isolate: false },
      },
      { extends: true, test: { name: 'mocking', include: MOCKING } },
      ...['services', 'lambda'].map((form) => ({
        extends: true as const,
        test: { name: form, include: IN_EACH_FORM, env: { TEST_FORM: form } },
      })),
    ],
    globalSetup: 'test/support/cluster.ts',
    // Files run in parallel, in as many processes as there are cores: each has its database, cloned from the cluster's template.
    pool: 'forks',
    maxWorkers: '100%',
    sequence: { sequencer: LongestFirst },
    // For what hangs; a machine with much else to do is not a failure.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    teardownTimeout: 30_000,
  },
});
