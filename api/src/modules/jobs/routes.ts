import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import { jsonAnswer } from '../../answers/answer.ts';
import { write } from '../../answers/idempotency.ts';
import { prefersCsv, sendCsv } from '../../answers/csv-export.ts';
import { Problem } from '../../problems.ts';
import { ageKey, decodeCursor, readAgeCursor, ref, toPage } from '../../schemas.ts';
import { cancelJob } from './cancel.ts';
import { findJob, type JobErrorRow, listJobErrors, listJobs } from './queries.ts';
import type { JobWorks } from './run.ts';
import {
  errorsQuery,
  jobErrorPage,
  jobId,
  jobPage,
  jobSchema,
  listQuery,
  presentJob,
  presentJobError,
} from './schemas.ts';

const tags = ['jobs'];
const isLine = (part: unknown): part is number => Number.isSafeInteger(part);

export function jobRoutes(fastify: FastifyInstance, works: JobWorks): void {
  const app = fastify.withTypeProvider<TypeBoxTypeProvider>();

  const requireJob = async (id: string) => {
    const job = await findJob(app.db, id);
    if (!job) throw new Problem('not-found', 'no-such-job');
    return job;
  };

  app.get(
    '/api/v1/jobs',
    {
      config: { access: 'admin' },
      schema: {
        tags,
        operationId: 'listJobs',
        summary: 'List jobs, newest first',
        querystring: listQuery,
        response: { 200: ref(jobPage) },
      },
    },
    async (request) => {
      const { limit, cursor, ...filter } = request.query;
      const rows = await listJobs(app.db, { ...filter, after: readAgeCursor(cursor), limit: limit + 1 });
      return toPage(rows, limit, presentJob, ageKey);
    },
  );

  app.get(
    '/api/v1/jobs/:id',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'getJob',
        summary: 'How far a job is, and what came of it',
        params: jobId,
        response: { 200: ref(jobSchema) },
      },
    },
    async (request) => presentJob(await requireJob(request.params.id)),
  );

  app.post(
    '/api/v1/jobs/:id/cancel',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'cancelJob',
        summary: 'Stop a job',
        description:
          'It stops within a second, and its result says what it did until then. What it did stays.',
        params: jobId,
        response: { 200: ref(jobSchema) },
      },
    },
    async (request, reply) =>
      write(request, reply, async (trx) =>
        jsonAnswer(200, presentJob(await cancelJob(trx, works, request.params.id))),
      ),
  );

  app.get(
    '/api/v1/jobs/:id/errors',
    {
      config: { access: 'admin', problems: ['not-found'] },
      schema: {
        tags,
        operationId: 'listJobErrors',
        summary: 'The rows that a job could not use',
        description: 'With `Accept: text/csv` all of them as a file, otherwise page by page.',
        params: jobId,
        querystring: errorsQuery,
        produces: ['application/json', 'text/csv'],
        response: { 200: ref(jobErrorPage) },
      },
    },
    async (request, reply) => {
      const { id } = await requireJob(request.params.id);
      if (prefersCsv(request)) {
        return sendCsv<JobErrorRow>(request, reply, {
          name: `errors-${id}`,
          header: ['line', 'value', 'reason', 'detail'],
          read: (last, limit) => listJobErrors(app.db, id, { after: last, limit }),
          present: (row) => {
            const { line, value, reason, detail } = presentJobError(row);
            return [line, value, reason, detail];
          },
        }) as never;
      }
      const { limit, cursor } = request.query;
      const [line, cell] =
        cursor === undefined ? [-1, 0] : decodeCursor<[number, number]>(cursor, [isLine, isLine]);
      const rows = await listJobErrors(app.db, id, { after: { line, cell }, limit: limit + 1 });
      return toPage(rows, limit, presentJobError, (row) => [row.line, row.cell]);
    },
  );
}
