import fp from 'fastify-plugin';
import type { ModuleOptions } from '../module.ts';
import { type JobKind, listUnfinishedJobs } from './queries.ts';
import { createQueue, type Queue } from './queue.ts';
import { jobRoutes } from './routes.ts';
import { createRunner, type JobWork, type JobWorks } from './run.ts';
import { type Undo, undoRoute, type Undos, undoWork } from './undo.ts';
import { jobErrorPage, jobErrorSchema, jobPage, jobSchema } from './schemas.ts';

declare module 'fastify' {
  interface FastifyInstance {
    jobQueue: Queue;
    jobWorks: JobWorks;
    jobUndos: Undos;
    /** Says how jobs of a kind are done. */
    addJobWork: (kind: JobKind, work: JobWork) => void;
    /** Says how jobs of a kind are undone. */
    addUndo: (kind: JobKind, undo: Undo) => void;
  }
}

/** Each is a time series of its own. */
const MOST_JOBS_SHOWN = 20;

/** Runs jobs: long work in the background, with progress, that can be cancelled and survives its worker. */
export const core = fp<ModuleOptions>(
  async (app, { config }) => {
    for (const schema of [jobSchema, jobPage, jobErrorSchema, jobErrorPage]) app.addSchema(schema);
    const undos: Undos = new Map();
    const works: JobWorks = new Map([['undo', undoWork(undos)]]);
    const stopping = new AbortController();
    const run = createRunner({ db: app.db, log: app.log, works, stopping: stopping.signal });
    const queue = createQueue({ db: app.db, log: app.log, concurrency: config.jobConcurrency, run });

    app.decorate('jobQueue', queue);
    app.decorate('jobWorks', works);
    app.decorate('jobUndos', undos);
    app.decorate('addJobWork', (kind: JobKind, work: JobWork) => void works.set(kind, work));
    app.decorate('addUndo', (kind: JobKind, undo: Undo) => void undos.set(kind, undo));
    app.addDatabaseGauges(
      {
        job_age_seconds: {
          help: 'age of the jobs that have not ended',
          labelNames: ['job_id', 'kind', 'status'],
        },
        job_progress_ratio: {
          help: 'how much of a job is done, from 0 to 1',
          labelNames: ['job_id', 'kind'],
        },
      },
      async () => {
        const jobs = await listUnfinishedJobs(app.db, MOST_JOBS_SHOWN);
        return {
          job_age_seconds: jobs.map(({ id, kind, status, ageSeconds }) => ({
            labels: { job_id: id, kind, status },
            value: ageSeconds,
          })),
          job_progress_ratio: jobs.flatMap(({ id, kind, progress }) =>
            progress === null ? [] : [{ labels: { job_id: id, kind }, value: progress }],
          ),
        };
      },
    );
    app.addPreparation(() => queue.start());
    app.addHook('preClose', async () => {
      stopping.abort();
      await queue.stop();
    });
  },
  { name: 'jobs-core', dependencies: ['database', 'authentication', 'openapi', 'service-metrics'] },
);

/** Jobs, as administrators see them. */
export const routes = fp<ModuleOptions>(
  async (app) => {
    jobRoutes(app, app.jobWorks);
    undoRoute(app, app.jobUndos);
  },
  { name: 'jobs', dependencies: ['jobs-core'] },
);
