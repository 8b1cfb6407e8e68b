import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { HttpEvent, HttpResult } from '../../src/lambda/http.ts';

/** What API Gateway hands over as text; everything else is base64. */
const TEXT = /^(text\/|application\/([\w.-]+\+)?(json|xml|javascript)\b)/;

/** What an HTTP API of API Gateway does with a request: makes an event of it, and an answer of what the function returns. */
export async function throughGateway(
  request: IncomingMessage,
  response: ServerResponse,
  invoke: (event: HttpEvent) => Promise<HttpResult>,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const result = await invoke(toEvent(request, Buffer.concat(chunks)));
  response.writeHead(result.statusCode, {
    ...result.headers,
    ...(result.cookies && { 'set-cookie': result.cookies.length > 1 ? result.cookies : result.cookies[0] }),
  });
  response.end(Buffer.from(result.body, result.isBase64Encoded ? 'base64' : 'utf8'));
}

function toEvent({ method, url, headers, socket }: IncomingMessage, body: Buffer): HttpEvent {
  const [path, query = ''] = url!.split(/\?(.*)/s, 2);
  const { cookie, ...others } = headers;
  const isText = TEXT.test(headers['content-type'] ?? 'text/');
  return {
    version: '2.0',
    rawPath: path!,
    rawQueryString: query,
    ...(cookie && { cookies: cookie.split(/; */) }),
    headers: Object.fromEntries(
      Object.entries(others).map(([name, value]) => [name, [value].flat().join(',')]),
    ),
    ...(body.length > 0 && { body: body.toString(isText ? 'utf8' : 'base64') }),
    isBase64Encoded: body.length > 0 && !isText,
    requestContext: {
      requestId: randomUUID(),
      http: { method: method!, sourceIp: socket.remoteAddress ?? '127.0.0.1' },
    },
  };
}
