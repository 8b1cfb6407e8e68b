import multipart from '@fastify/multipart';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance } from 'fastify';
import Type from 'typebox';
import { inTransaction } from '../../database/transaction.ts';
import { takeTurns } from '../../database/turns.ts';
import { filePreview } from '../../files/schemas.ts';
import { callerOf } from '../../access/caller.ts';
import { allowLongWork } from '../../deadline.ts';
import { readClaim } from '../../answers/idempotency.ts';
import { allowSlowBody } from '../../slow-bodies.ts';
import { MAX_PROBLEM_ITEMS } from '../../bounds.ts';
import { Problem } from '../../problems.ts';
import { ref } from '../../schemas.ts';
import { keepOpenBook } from '../books/keep-open.ts';
import { jobResponses } from '../jobs/schemas.ts';
import { startJob } from '../jobs/start.ts';
import { type ImportInput, type Survey, surveyUpload } from './import-job.ts';
import { previewUpload } from './preview.ts';
import { deleteUpload } from './queries.ts';
import { receiveUpload } from './receive-upload.ts';
import { bookId, uploadQuery } from './schemas.ts';

/** Most uploads that this process receives at a time: each can bring `maxUploadBytes`. */
const MAX_UPLOADS = 20;
/** Most previews at a time: each remembers the codes of its file. */
const MAX_PREVIEWS = 4;
/** What multipart adds to a file. */
const MULTIPART_OVERHEAD = 65_536;

const file = Type.Unsafe<unknown>({ type: 'string', format: 'binary' });

/**
 * The upload of a CSV file, raw or as a form, and its preview. In a scope of its own, because here a body is a stream. It is in the database before
 * its job is acknowledged, and no connection waits for a slow client.
 */
export async function uploadRoutes(
  scope: FastifyInstance,
  { maxUploadBytes }: { maxUploadBytes: number },
): Promise<void> {
  await scope.register(multipart, { limits: { files: 1, fields: 1, fileSize: Infinity } });
  scope.addContentTypeParser('text/csv', (_request, payload, done) => done(null, payload));
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  const receiving = takeTurns(MAX_UPLOADS, 0);
  const previewing = takeTurns(MAX_PREVIEWS, MAX_UPLOADS);

  const uploadSchema = {
    tags: ['codes'],
    consumes: ['text/csv', 'multipart/form-data'],
    params: bookId,
    querystring: uploadQuery,
    body: {
      content: {
        'text/csv': { schema: file },
        'multipart/form-data': { schema: Type.Object({ file }) },
      },
    },
  };
  const bodyLimit = maxUploadBytes + MULTIPART_OVERHEAD;
  // A stream has no schema to be checked against; what it holds is checked row by row.
  const compileQueryAndPath = (route: Parameters<NonNullable<typeof scope.validatorCompiler>>[0]) =>
    (route.httpPart === 'body' ? () => true : scope.validatorCompiler!(route)) as never;

  app.post(
    '/api/v1/books/:id/codes/upload',
    {
      bodyLimit,
      validatorCompiler: (route) => compileQueryAndPath(route as never),
      config: { access: 'admin', problems: ['not-found', 'book-not-active'] },
      schema: {
        ...uploadSchema,
        operationId: 'uploadCodes',
        summary: 'Upload codes from a CSV file',
        description:
          'Text in UTF-8, UTF-16 or Windows-1252; `,` `;` `|` or tab between cells; quotes where needed. The codes are in the column ' +
          'that `column` names, or in the one with a known title (code, voucher, gift card, Gutschein, código, bon, buono, cupom …), ' +
          'or in the only one whose cells can all be codes; otherwise the file is refused with what was found. Other columns are ' +
          'ignored, lines above the header are skipped, and a list of codes on one line is read whole. Bad rows, duplicates and ' +
          'skipped lines are counted and listed with their lines; the good rows are stored, unless `onError=abort`. The result: ' +
          '`{ rows, stored, duplicates, invalid, skipped, encoding, delimiter, header, headerLine, column }`.',
        response: jobResponses,
      },
    },
    async (request, reply) =>
      receiving(async () => {
        const upload = await allowSlowBody(request, () => receiveUpload(request, maxUploadBytes));
        let isJobs = false;
        try {
          allowLongWork(request);
          const survey = await surveyUpload(app.db, upload.id, request.query, MAX_PROBLEM_ITEMS);
          return await startJob(
            request,
            reply,
            async (trx) => {
              await keepOpenBook(trx, request.params.id);
              if (request.query.onError === 'abort') refuseInvalid(survey);
              isJobs = true;
              const input: ImportInput = {
                ...request.query,
                uploadId: upload.id,
                rows: survey.rows,
                layout: survey.layout,
              };
              return {
                kind: 'import',
                bookId: request.params.id,
                createdBy: callerOf(request).id,
                input: { ...input },
                total: survey.rows,
              };
            },
            readClaim(request, upload.digest),
          );
        } finally {
          // A refusal, or the repeat of an upload that has its job.
          if (!isJobs) await deleteUpload(app.db, upload.id);
        }
      }),
  );

  app.post(
    '/api/v1/books/:id/codes/upload/preview',
    {
      bodyLimit,
      validatorCompiler: (route) => compileQueryAndPath(route as never),
      config: { access: 'admin', problems: ['not-found', 'book-not-active'] },
      schema: {
        ...uploadSchema,
        operationId: 'previewUpload',
        summary: 'Look at a file of codes before it is uploaded',
        description:
          'Takes what the upload takes, and answers how the file is read, its first rows, its columns, and how many of its codes are ' +
          'good, repeated, existing or invalid. A file that is not clear is answered too, with the reason in `refusal`. Stores nothing.',
        response: { 200: ref(filePreview) },
      },
    },
    async (request) =>
      previewing(async () => {
        await inTransaction(app.db, (trx) => keepOpenBook(trx, request.params.id));
        const upload = await allowSlowBody(request, () => receiveUpload(request, maxUploadBytes));
        const goOn = () => {
          if (request.raw.socket.destroyed) throw new Problem('invalid-request', 'client-gone');
        };
        allowLongWork(request);
        try {
          return await previewUpload(app.db, upload, request.query, goOn);
        } finally {
          await deleteUpload(app.db, upload.id);
        }
      }),
  );
}

/** All or nothing: what cannot be stored is known before anything is. */
function refuseInvalid({ invalid, rows, errors }: Survey): void {
  if (invalid === 0) return;
  throw new Problem(
    'invalid-request',
    { reason: 'rows-without-code', values: { invalid, rows } },
    {
      report: { rows, stored: 0, invalid, errors },
    },
  );
}
