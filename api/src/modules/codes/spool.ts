import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { errorCode } from '../../database/errors.ts';
import { Problem } from '../../problems.ts';

/** An uploaded file on our own disk: it can be read again, and no transaction waits for a slow client. */
export interface Spool {
  /** SHA-256 of the bytes. */
  digest: Buffer;
  bytes: number;
  /** The bytes from the start, each time it is called. */
  read: () => AsyncIterable<Buffer>;
  close: () => Promise<void>;
}

/**
 * Writes a request's bytes to a temporary file. The file loses its name as soon as it is open, so that nothing is left of it
 * however this process ends.
 * @throws {Problem} payload-too-large; invalid-request when the client went away; unavailable when the disk is full
 */
export async function spool(source: Readable, maxBytes: number): Promise<Spool> {
  const path = join(tmpdir(), `coupon-book-upload-${randomUUID()}`);
  const file = await open(path, 'wx+', 0o600);
  try {
    await unlink(path);
    const hash = createHash('sha256');
    let bytes = 0;
    for await (const chunk of chunksOf(source)) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw new Problem('payload-too-large', `A file can have ${maxBytes} bytes.`);
      hash.update(chunk);
      await writeAll(file, chunk);
    }
    return {
      digest: hash.digest(),
      bytes,
      read: () => file.createReadStream({ start: 0, autoClose: false, highWaterMark: 65_536 }),
      close: () => file.close(),
    };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The chunks of a stream that is left open when the reader stops early: the answer goes out on the same connection. */
async function* chunksOf(source: Readable): AsyncGenerator<Buffer> {
  try {
    yield* source.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  } catch {
    throw new Problem('invalid-request', 'The upload ended before the file was complete.');
  }
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  try {
    for (let written = 0; written < chunk.length;) {
      written += (await file.write(chunk, written)).bytesWritten;
    }
  } catch (error) {
    if (errorCode(error) !== 'ENOSPC' && errorCode(error) !== 'EDQUOT') throw error;
    throw new Problem('unavailable', 'There is no room for the file right now.', { retryAfter: 60 });
  }
}
