import { createHash, randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { Database } from '../../database/connection.ts';
import { Problem } from '../../problems.ts';
import { deleteUpload, findUploadPart, insertUploadPart } from './queries.ts';

/** Bytes of one row of `upload_parts`. Its rows are read in one go, some milliseconds in which nobody else is served. */
const PART_BYTES = 64 * 1024;

/** A file in the database: safe before the upload is acknowledged, and where any worker can read it. */
export interface Upload {
  id: string;
  /** SHA-256 of the bytes. */
  digest: Buffer;
  bytes: number;
}

/**
 * Stores a request's bytes in the database, part by part; no connection is held while they arrive.
 * @throws {Problem} payload-too-large; invalid-request when the client went away. What had been stored is removed
 */
export async function storeUpload(db: Database, source: Readable, maxBytes: number): Promise<Upload> {
  const id = randomUUID();
  const hash = createHash('sha256');
  let bytes = 0;
  let part = 0;
  let pending: Buffer[] = [];
  let pendingBytes = 0;

  const flush = async () => {
    if (pendingBytes === 0) return;
    await insertUploadPart(db, id, part, Buffer.concat(pending));
    part += 1;
    pending = [];
    pendingBytes = 0;
  };

  try {
    for await (const chunk of chunksOf(source)) {
      bytes += chunk.length;
      if (bytes > maxBytes)
        throw new Problem('payload-too-large', { reason: 'file-too-large', values: { max: maxBytes } });
      hash.update(chunk);
      pending.push(chunk);
      pendingBytes += chunk.length;
      if (pendingBytes >= PART_BYTES) await flush();
    }
    await flush();
    return { id, digest: hash.digest(), bytes };
  } catch (error) {
    // What an outage leaves behind, the chore for old uploads removes.
    await deleteUpload(db, id).catch(() => {});
    throw error;
  }
}

/** The bytes of an upload from the start. */
export async function* readUpload(db: Database, id: string): AsyncGenerator<Buffer> {
  for (let part = 0; ; part += 1) {
    const bytes = await findUploadPart(db, id, part);
    if (!bytes) return;
    yield bytes;
  }
}

/** The chunks of a stream that is left open when the reader stops early: the answer goes out on the same connection. */
async function* chunksOf(source: Readable): AsyncGenerator<Buffer> {
  try {
    yield* source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch {
    throw new Problem('invalid-request', 'file-incomplete');
  }
}
