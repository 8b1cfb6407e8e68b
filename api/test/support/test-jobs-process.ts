import { selectModules } from '../../src/modules/index.ts';
import { serve } from '../../src/serve.ts';
import { testJobs } from './test-jobs.ts';

/** A server that runs the jobs of tests. */
await serve(() => [...selectModules(['accounts', 'books', 'jobs']), testJobs]);
