import { TextDecoder } from 'node:util';
import { refuseFile } from './refuse.ts';

export const ENCODINGS = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type Encoding = (typeof ENCODINGS)[number];

/** The chunks of a file, from the start each time. */
export type Source = () => AsyncIterable<Buffer>;

/** The text turned out not to be UTF-8, though nothing at its start said so. */
class NotUtf8 extends Error {}

const BYTE_ORDER_MARKS = [
  ['utf-8', Buffer.from([0xef, 0xbb, 0xbf])],
  ['utf-16le', Buffer.from([0xff, 0xfe])],
  ['utf-16be', Buffer.from([0xfe, 0xff])],
] as const;

/** What starts like these is no text, even where its bytes happen to be valid UTF-8. */
const NOT_TEXT: readonly [string, Buffer][] = [
  ['ZIP or XLSX', Buffer.from('PK\x03\x04')],
  ['empty ZIP', Buffer.from('PK\x05\x06')],
  ['PDF', Buffer.from('%PDF-')],
  ['XLS', Buffer.from('d0cf11e0a1b11ae1', 'hex')],
  ['gzip', Buffer.from('1f8b', 'hex')],
  ['7z', Buffer.from('377abcaf271c', 'hex')],
  ['PNG', Buffer.from('89504e470d0a1a0a', 'hex')],
  ['JPEG', Buffer.from('ffd8ff', 'hex')],
  ['GIF', Buffer.from('GIF8')],
  ['RTF', Buffer.from('{\\rtf')],
];
/** A table of a web page, which some programs call XLS. */
const MARKUP = /^\s*<(!doctype|html|\?xml|table)\b/i;

/** Bytes that tell the encoding. */
const HEAD_BYTES = 4_096;
/** Controls that no text has; 0x1A ends a file of DOS. */
// eslint-disable-next-line no-control-regex -- it is about them
const CONTROLS = /[\0-\x08\x0e-\x19\x1b-\x1f]/;

/**
 * Reads a file in its encoding: the one that is named, or UTF-16 or UTF-8 by a byte order mark or by its bytes, or Windows-1252 when
 * it is not valid UTF-8. That may show at its end only: then `read` is called a second time.
 * @throws {Problem} unsupported-media-type for what is no text, or text of several encodings
 */
export async function inItsEncoding<T>(
  source: Source,
  wanted: Encoding | undefined,
  read: (text: AsyncIterable<string>, encoding: Encoding) => Promise<T>,
): Promise<T> {
  const head = await readHead(source);
  refuseOtherFormats(head);
  const marked = BYTE_ORDER_MARKS.find(([, mark]) => startsWith(head, mark))?.[0];
  const named = wanted ?? marked ?? utf16WithoutMark(head);
  if (named) return read(decodeText(source(), named), named);
  try {
    return await read(decodeText(source(), 'utf-8', { orElse: true }), 'utf-8');
  } catch (error) {
    if (!(error instanceof NotUtf8)) throw error;
  }
  return read(decodeText(source(), 'windows-1252'), 'windows-1252');
}

/**
 * The text of a file. A byte order mark at the start is not part of it.
 * @param orElse throw NotUtf8 instead of a refusal where Windows-1252 is the other possibility
 * @throws {Problem} unsupported-media-type as soon as a byte does not fit
 */
export async function* decodeText(
  chunks: AsyncIterable<Buffer>,
  encoding: Encoding,
  { orElse = false } = {},
): AsyncGenerator<string> {
  const decoder = encoding === 'windows-1252' ? undefined : new TextDecoder(encoding, { fatal: true });
  let beyondAscii = false;
  const decode = (chunk?: Buffer): string => {
    let text: string;
    try {
      text = decoder ? decoder.decode(chunk, { stream: chunk !== undefined }) : fromWindows1252(chunk);
    } catch {
      if (encoding !== 'utf-8' || !orElse) {
        refuseFile('unsupported-media-type', {
          reason: chunk ? 'not-in-encoding' : 'cut-off',
          values: { encoding },
        });
      }
      // What is UTF-8 up to here would come out as other letters.
      const before = chunk ? chunk.toString('utf8').split('\ufffd', 1)[0]! : '';
      if (beyondAscii || /[^\0-\x7f]/.test(before)) {
        refuseFile('unsupported-media-type', { reason: chunk ? 'mixed-encodings' : 'cut-off' });
      }
      throw new NotUtf8();
    }
    if (decoder ? text.includes('\0') : CONTROLS.test(text)) {
      refuseFile('unsupported-media-type', { reason: 'not-text', values: { format: 'binary' } });
    }
    if (orElse && !beyondAscii) beyondAscii = /[^\0-\x7f]/.test(text);
    return text;
  };
  for await (const chunk of chunks) yield decode(chunk);
  if (decoder) yield decode();
}

async function readHead(source: Source): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of source()) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= HEAD_BYTES) break;
  }
  return Buffer.concat(chunks).subarray(0, HEAD_BYTES);
}

function refuseOtherFormats(head: Buffer): void {
  const magic = NOT_TEXT.find(([, start]) => startsWith(head, start))?.[0];
  const format = magic ?? (MARKUP.test(head.toString('latin1')) ? 'HTML' : undefined);
  if (format) refuseFile('unsupported-media-type', { reason: 'not-text', values: { format } });
}

const startsWith = (chunk: Buffer, bytes: Buffer) => chunk.subarray(0, bytes.length).equals(bytes);

/** UTF-16 of a European language has a zero in every other byte; in UTF-8 there is none. */
function utf16WithoutMark(head: Buffer): 'utf-16le' | 'utf-16be' | undefined {
  const pairs = head.length >> 1;
  let even = 0;
  let odd = 0;
  for (let i = 0; i < pairs; i += 1) {
    if (head[2 * i] === 0) even += 1;
    if (head[2 * i + 1] === 0) odd += 1;
  }
  if (odd > pairs * 0.6 && even === 0) return 'utf-16le';
  if (even > pairs * 0.6 && odd === 0) return 'utf-16be';
  return undefined;
}

/** 0x80 to 0x9F, which are controls in Latin-1. By hand, because TextDecoder reads them as Latin-1 in some versions of Node.js. */
const FROM_0X80 = '€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ';

function fromWindows1252(chunk?: Buffer): string {
  if (!chunk) return '';
  return chunk
    .toString('latin1')
    .replace(/[\x80-\x9f]/g, (character) => FROM_0X80[character.charCodeAt(0) - 0x80]!);
}
