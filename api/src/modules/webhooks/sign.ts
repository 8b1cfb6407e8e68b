import { createHmac, createSecretKey } from 'node:crypto';

/** As people see a secret: Standard Webhooks' spelling of its bytes. */
export const formatSecret = (secret: Buffer) => `whsec_${secret.toString('base64')}`;

/**
 * The headers by which a receiver knows who sent a message, by Standard Webhooks: one signature for each secret.
 * @param sentAt seconds
 */
export function signatureHeaders(
  { id, body, sentAt }: { id: string; body: string; sentAt: number },
  secrets: readonly Buffer[],
): Record<string, string> {
  // As a key: with a buffer it takes three times as long.
  const signatures = secrets.map((secret) => {
    const key = createSecretKey(secret);
    return `v1,${createHmac('sha256', key).update(`${id}.${sentAt}.${body}`).digest('base64')}`;
  });
  return {
    'webhook-id': id,
    'webhook-timestamp': String(sentAt),
    'webhook-signature': signatures.join(' '),
  };
}
