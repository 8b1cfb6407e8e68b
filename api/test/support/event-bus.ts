import { createHash, createHmac } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Certificate } from './certificate.ts';

export interface PutEntry {
  EventBusName: string;
  Source: string;
  DetailType: string;
  Detail: string;
}

export const CREDENTIALS = { id: 'AKIDEXAMPLE', secret: 'example-secret-key', region: 'eu-west-1' };

/**
 * A stand-in for EventBridge, of which there is no emulator: HTTPS, checks the signature of each request (AWS Signature Version 4), and
 * refuses each third entry when it comes for the first time.
 */
export async function startEventBus({ cert, key }: Certificate) {
  const taken: PutEntry[] = [];
  const refused = new Set<string>();
  const seen = new Set<string>();
  let badSignatures = 0;
  const server = createServer({ cert, key }, (request, response) => {
    let body = '';
    request.on('data', (part) => (body += String(part)));
    request.on('end', () => {
      if (!isSigned(request, body)) {
        badSignatures += 1;
        response.writeHead(403).end('{"__type":"InvalidSignatureException"}');
        return;
      }
      const { Entries } = JSON.parse(body) as { Entries: PutEntry[] };
      const answers = Entries.map((entry) => {
        const { id } = JSON.parse(entry.Detail) as { id: string };
        if (!seen.has(id) && seen.size % 3 === 0) {
          seen.add(id);
          refused.add(id);
          return { ErrorCode: 'ThrottlingException', ErrorMessage: 'too fast' };
        }
        seen.add(id);
        taken.push(entry);
        return { EventId: `bus-${id}` };
      });
      const FailedEntryCount = answers.filter((answer) => 'ErrorCode' in answer).length;
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify({ FailedEntryCount, Entries: answers }));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `https://localhost:${port}`, taken, refused, badSignatures: () => badSignatures };
}

const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest();
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
function isSigned({ method, url, headers }: IncomingMessage, body: string): boolean {
  const parts =
    /Credential=([^/]+)\/(\d+)\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([^,]+), Signature=(\w+)/.exec(
      headers.authorization ?? '',
    );
  if (!parts) return false;
  const [, id, day, region, service, names, signature] = parts as unknown as string[];
  if (id !== CREDENTIALS.id || region !== CREDENTIALS.region || service !== 'events') return false;
  const signed = names!.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, url, '', signed.join(''), names, sha256(body)].join('\n');
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, sha256(canonical)].join('\n');
  const key = [day!, region!, service!, 'aws4_request'].reduce<string | Buffer>(
    (made, part) => hmac(made, part),
    `AWS4${CREDENTIALS.secret}`,
  );
  return hmac(key, text).toString('hex') === signature;
}
