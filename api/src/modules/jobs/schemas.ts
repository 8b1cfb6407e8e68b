import Type, { type Static } from 'typebox';
import { type ProblemCode, problems } from '../../problem-codes.ts';
import { explainStored } from '../../reasons.ts';
import {
  component,
  nullable,
  page,
  pageQuery,
  reasonFields,
  ref,
  strict,
  time,
  uuid,
} from '../../schemas.ts';
import type { JobErrorRow, JobFailure, JobRow } from './queries.ts';

const kind = Type.Enum(['import', 'generate', 'distribute', 'undo']);
const status = Type.Enum(['queued', 'running', 'completed', 'failed', 'cancelled']);

export const jobSchema = component(
  'Job',
  {
    id: uuid(),
    kind,
    status,
    bookId: nullable(uuid('the book it works on')),
    progress: strict({
      done: Type.Integer(),
      total: nullable(Type.Integer({ description: 'null: not known yet' })),
      perSecond: nullable(Type.Number({ description: 'so far' })),
      secondsLeft: nullable(Type.Integer({ description: 'estimated from that' })),
    }),
    errors: Type.Integer({ description: 'rows that could not be used: see /jobs/{id}/errors' }),
    result: nullable(
      Type.Unsafe<Record<string, unknown>>({
        type: 'object',
        additionalProperties: true,
        description: 'of a job that has ended, also of one that was cancelled: what it did until then',
      }),
    ),
    failure: nullable(
      strict(
        {
          code: Type.Enum(Object.keys(problems) as ProblemCode[]),
          ...reasonFields,
        },
        { description: 'why it failed' },
      ),
    ),
    undoable: Type.Boolean({ description: 'whether /jobs/{id}/undo can be asked for' }),
    cancelRequestedAt: nullable(time()),
    createdBy: uuid(),
    createdAt: time(),
    startedAt: nullable(time()),
    finishedAt: nullable(time()),
  },
  'long work and how far it is',
);

/** What a request for long work answers: see start.ts. */
export const jobResponses = {
  201: ref(jobSchema),
  202: ref(jobSchema),
};

export const jobPage = page('JobPage', ref(jobSchema));

/** It has ended, and noted what it gave or stored: jobs of earlier versions did not note what they stored. */
const isUndoable = ({ finishedAt, kind, done, checkpoint }: JobRow) =>
  finishedAt !== null &&
  kind !== 'undo' &&
  (kind === 'distribute' ? done > 0 : checkpoint?.lastId !== undefined);

/** A job as it is answered. */
export function presentJob(job: JobRow): Static<typeof jobSchema> {
  const seconds = job.startedAt
    ? ((job.finishedAt ?? job.now).getTime() - job.startedAt.getTime()) / 1000
    : 0;
  const rate = seconds > 0 && job.done > 0 ? job.done / seconds : null;
  const left = job.total === null ? null : Math.max(0, job.total - job.done);
  return {
    id: job.id,
    kind: job.kind,
    status: job.status,
    bookId: job.bookId,
    progress: {
      done: job.done,
      total: job.total,
      perSecond: rate === null ? null : Math.round(rate * 10) / 10,
      secondsLeft: job.finishedAt || left === null || rate === null ? null : Math.ceil(left / rate),
    },
    errors: job.errors,
    result: job.result,
    failure: job.failure && presentFailure(job.failure),
    undoable: isUndoable(job),
    cancelRequestedAt: job.cancelRequestedAt?.toISOString() ?? null,
    createdBy: job.createdBy,
    createdAt: job.createdAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    finishedAt: job.finishedAt?.toISOString() ?? null,
  };
}

const presentFailure = ({ code, reason, values, detail }: JobFailure) => ({
  code: code as ProblemCode,
  ...explainStored(reason, values, detail),
});

export const jobId = strict({ id: uuid('of the job') });
export const listQuery = strict({
  ...pageQuery,
  kind: Type.Optional(kind),
  status: Type.Optional(status),
  bookId: Type.Optional(uuid()),
});
export const errorsQuery = strict(pageQuery);

export const jobErrorSchema = component('JobError', {
  line: Type.Integer({ description: 'of the file, from 1' }),
  value: nullable(Type.String()),
  ...reasonFields,
});
export const jobErrorPage = page('JobErrorPage', ref(jobErrorSchema));

export const presentJobError = ({ line, value, reason, values, sentence }: JobErrorRow) => ({
  line,
  value,
  ...explainStored(reason, values, sentence),
});
