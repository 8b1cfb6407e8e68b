import type { Readable } from 'node:stream';
import multipart from '@fastify/multipart';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Type from 'typebox';
import { takeTurns } from '../../database/turns.ts';
import { jsonAnswer } from '../../plugins/answers.ts';
import { readClaim, write } from '../../plugins/idempotency.ts';
import { Problem } from '../../problems.ts';
import { ref } from '../../schemas.ts';
import { importCodes } from './import.ts';
import { bookId, importReport, uploadQuery } from './schemas.ts';
import { type Spool, spool } from './spool.ts';

/** Most uploads that this process receives at a time: each can fill `maxUploadBytes` of the disk. */
const MAX_UPLOADS = 20;
/** What multipart adds to a file. */
const MULTIPART_OVERHEAD = 65_536;

const file = Type.Unsafe<unknown>({ type: 'string', format: 'binary' });

/**
 * The upload of a CSV file, raw or as a form. In a scope of its own, because here a body is a stream. All of it is on our disk
 * before a database connection is asked for: a slow client holds nothing that others need.
 * @param inTurn runs bulk work, a few at a time
 */
export async function uploadRoute(
  scope: FastifyInstance,
  { maxUploadBytes, inTurn }: { maxUploadBytes: number; inTurn: <T>(work: () => Promise<T>) => Promise<T> },
): Promise<void> {
  await scope.register(multipart, { limits: { files: 1, fields: 1, fileSize: Infinity } });
  scope.addContentTypeParser('text/csv', (_request, payload, done) => done(null, payload));
  const app = scope.withTypeProvider<TypeBoxTypeProvider>();
  const receiving = takeTurns(MAX_UPLOADS, 0);

  app.post(
    '/api/v1/books/:id/codes/upload',
    {
      bodyLimit: maxUploadBytes + MULTIPART_OVERHEAD,
      config: { access: 'admin', problems: ['not-found', 'book-not-active'] },
      // A stream has no schema to be checked against; what it holds is checked row by row.
      validatorCompiler: (route) =>
        (route.httpPart === 'body' ? () => true : scope.validatorCompiler!(route)) as never,
      schema: {
        tags: ['codes'],
        operationId: 'uploadCodes',
        summary: 'Upload codes from a CSV file',
        description:
          'Text in UTF-8 (UTF-16 with a byte order mark is read too), delimiter `,` `;` or tab, quotes where needed, header optional: ' +
          'the codes are in the column called `code`, or in the first; other columns are ignored. Blank lines are skipped. Bad rows ' +
          'and duplicates are counted and listed with their lines; the good rows are stored, unless `onError=abort`.',
        consumes: ['text/csv', 'multipart/form-data'],
        params: bookId,
        querystring: uploadQuery,
        body: {
          content: {
            'text/csv': { schema: file },
            'multipart/form-data': { schema: Type.Object({ file }) },
          },
        },
        response: { 201: ref(importReport) },
      },
    },
    async (request, reply) =>
      receiving(async () => {
        const { id } = request.params;
        const upload = await receive(request, maxUploadBytes);
        try {
          return await inTurn(() =>
            write(
              request,
              reply,
              async (trx) => {
                const report = await importCodes(trx, { bookId: id, read: upload.read, ...request.query });
                return jsonAnswer(201, report, `/api/v1/books/${id}/coupons`);
              },
              readClaim(request, upload.digest),
            ),
          );
        } finally {
          await upload.close();
        }
      }),
  );
}

/** Takes the file of a request to our disk. Whatever is wrong with it, the rest is read too, so that the client sees the answer. */
async function receive(request: FastifyRequest, maxBytes: number): Promise<Spool> {
  const encoding = request.headers['content-encoding'];
  try {
    if (encoding && encoding !== 'identity')
      throw new Problem('unsupported-media-type', 'A compressed body is not read.');
    const upload = await (request.isMultipart()
      ? receiveForm(request, maxBytes)
      : receiveRaw(request, maxBytes));
    if (upload.bytes > 0) return upload;
    await upload.close();
    throw new Problem('invalid-request', 'The file is empty.');
  } catch (error) {
    request.raw.unpipe();
    request.raw.resume();
    throw error;
  }
}

async function receiveRaw(request: FastifyRequest, maxBytes: number): Promise<Spool> {
  const { body } = request;
  if (typeof (body as Readable | undefined)?.pipe === 'function') return spool(body as Readable, maxBytes);
  throw new Problem(
    'unsupported-media-type',
    'Send the file as text/csv, or as the field "file" of multipart/form-data.',
  );
}

async function receiveForm(request: FastifyRequest, maxBytes: number): Promise<Spool> {
  let upload: Spool | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type !== 'file' || part.fieldname !== 'file' || upload) throw refuseField(part.fieldname);
      upload = await spool(part.file, maxBytes);
    }
  } catch (error) {
    await upload?.close();
    throw error instanceof Problem ? error : refuseForm(error as Error);
  }
  if (!upload) throw refuseField('file', 'is required: the CSV file');
  return upload;
}

const refuseField = (name: string, detail = 'is not known here') =>
  new Problem('invalid-request', 'The form must have one field, "file", with the CSV file.', {
    errors: [{ in: 'body', pointer: `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, detail }],
  });

/** What the parser of forms cannot read is the client's doing. */
const refuseForm = (error: Error) =>
  new Problem('invalid-request', `The form cannot be read: ${error.message}.`);
