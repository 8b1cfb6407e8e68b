import { type IncomingMessage, ServerResponse, validateHeaderName, validateHeaderValue } from 'node:http';

/** Headers as bytes, made and checked once. A header of the same name would be sent beside it. */
export function headerBlock(headers: Record<string, string>): string {
  return Object.entries(headers)
    .map(([name, value]) => {
      validateHeaderName(name);
      validateHeaderValue(name, value);
      return `${name}: ${value}\r\n`;
    })
    .join('');
}

/**
 * An answer with a block of headers that are the same for all answers. Node checks and writes each header of each answer, which cost a
 * tenth of what an empty request costs; a block goes behind the status line as it is.
 */
export class ResponseWithBlock<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  block = '';

  /** Node's own step from a status line and headers to bytes; a test sees it happen over a socket. */
  _storeHeader(statusLine: string, headers: unknown): void {
    storeHeader.call(this, statusLine + this.block, headers);
  }
}

const storeHeader = (
  ServerResponse.prototype as unknown as {
    _storeHeader: (this: ServerResponse, firstLine: string, headers: unknown) => void;
  }
)._storeHeader;
