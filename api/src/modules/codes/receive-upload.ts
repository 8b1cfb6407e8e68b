import type { Readable } from 'node:stream';
import type { FastifyRequest } from 'fastify';
import { escapePointer, fieldProblem, Problem } from '../../problems.ts';
import { deleteUpload } from './queries.ts';
import { storeUpload, type Upload } from './uploads.ts';

/** Takes the file of a request into the database. Whatever is wrong with it, the rest is read too, so that the client sees the answer. */
export async function receiveUpload(request: FastifyRequest, maxBytes: number): Promise<Upload> {
  try {
    const upload = await (request.isMultipart()
      ? receiveForm(request, maxBytes)
      : receiveRaw(request, maxBytes));
    if (upload.bytes > 0) return upload;
    throw new Problem('invalid-request', 'empty-file');
  } catch (error) {
    request.raw.unpipe();
    request.raw.resume();
    throw error;
  }
}

async function receiveRaw(request: FastifyRequest, maxBytes: number): Promise<Upload> {
  const { body } = request;
  if (typeof (body as Readable | undefined)?.pipe === 'function')
    return storeUpload(request.server.db, body as Readable, maxBytes);
  throw new Problem('unsupported-media-type', 'not-a-form-or-csv');
}

async function receiveForm(request: FastifyRequest, maxBytes: number): Promise<Upload> {
  let upload: Upload | undefined;
  let storing = false;
  try {
    for await (const part of request.parts()) {
      if (part.type !== 'file' || part.fieldname !== 'file' || upload) throw refuseField(part.fieldname);
      storing = true;
      upload = await storeUpload(request.server.db, part.file, maxBytes);
      storing = false;
    }
  } catch (error) {
    if (upload) await deleteUpload(request.server.db, upload.id);
    throw storing || error instanceof Problem ? error : refuseForm(error as Error);
  }
  if (!upload) throw refuseField('file', 'required');
  return upload;
}

/** The form has one field, `file`. */
const refuseField = (name: string, reason: 'unknown-field' | 'required' = 'unknown-field') =>
  fieldProblem({ in: 'body', pointer: `/${escapePointer(name)}` }, reason);

/** What the parser of forms cannot read is the client's doing. */
const refuseForm = (error: Error) =>
  new Problem('invalid-request', { reason: 'unreadable-form', values: { cause: error.message } });
