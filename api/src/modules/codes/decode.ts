import { TextDecoder } from 'node:util';
import { Problem } from '../../problems.ts';

const BYTE_ORDER_MARKS = [
  ['utf-16le', Buffer.from([0xff, 0xfe])],
  ['utf-16be', Buffer.from([0xfe, 0xff])],
] as const;

/** What starts like these is no text, even where its bytes happen to be valid UTF-8: zip (and xlsx), PDF. */
const NOT_TEXT = [Buffer.from('PK\x03\x04'), Buffer.from('%PDF-')];

/**
 * The text of a file: UTF-8, or UTF-16 when it starts with its byte order mark. The mark is not part of the text.
 * @throws {Problem} unsupported-media-type as soon as a byte does not fit
 */
export async function* decodeText(chunks: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let decoder: TextDecoder | undefined;
  const decode = (chunk?: Buffer): string => {
    try {
      const text = chunk ? decoder!.decode(chunk, { stream: true }) : decoder!.decode();
      if (!text.includes('\0')) return text;
    } catch {
      // falls through to the refusal
    }
    throw new Problem(
      'unsupported-media-type',
      'The file is not text in UTF-8. Save it as CSV UTF-8 (a spreadsheet file cannot be read; UTF-16 needs a byte order mark).',
    );
  };

  // A chunk of a file is far longer than a mark.
  for await (const chunk of chunks) {
    if (!decoder) {
      const [encoding] = BYTE_ORDER_MARKS.find(([, mark]) => startsWith(chunk, mark)) ?? ['utf-8'];
      decoder = new TextDecoder(encoding, { fatal: true });
      if (NOT_TEXT.some((magic) => startsWith(chunk, magic))) decode(Buffer.of(0xff));
    }
    yield decode(chunk);
  }
  if (decoder) yield decode();
}

const startsWith = (chunk: Buffer, bytes: Buffer) => chunk.subarray(0, bytes.length).equals(bytes);
