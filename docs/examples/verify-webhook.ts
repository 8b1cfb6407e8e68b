// Verifies a message of a webhook (Standard Webhooks) with nothing but Node.js.
// node verify-webhook.ts <secret> <webhook-id> <webhook-timestamp> <webhook-signature> < body
import { createHmac, timingSafeEqual } from 'node:crypto';

const TOLERANCE_SECONDS = 300;

export function isAuthentic(
  secret: string,
  headers: { id: string; timestamp: string; signature: string },
  body: string,
): boolean {
  // An old message that somebody sends again is refused.
  const age = Math.abs(Date.now() / 1000 - Number(headers.timestamp));
  if (!(age <= TOLERANCE_SECONDS)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${headers.id}.${headers.timestamp}.${body}`).digest();
  // There are two signatures while a secret is being changed.
  return headers.signature.split(' ').some((part) => {
    const [version, text = ''] = part.split(',');
    const given = Buffer.from(text, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const [secret = '', id = '', timestamp = '', signature = ''] = process.argv.slice(2);
let body = '';
for await (const part of process.stdin.setEncoding('utf8')) body += String(part);
const authentic = isAuthentic(secret, { id, timestamp, signature }, body);
console.log(authentic ? 'authentic' : 'not authentic');
process.exitCode = authentic ? 0 : 1;
