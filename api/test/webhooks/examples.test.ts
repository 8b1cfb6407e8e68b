import { spawnSync } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatSecret, signatureHeaders } from '../../src/modules/webhooks/sign.ts';

const folder = join(import.meta.dirname, '../../../docs/examples');

/** Those of which the language is on this machine. */
const examples = (
  [
    ['TypeScript', process.execPath, 'verify-webhook.ts'],
    ['Python', 'python3', 'verify_webhook.py'],
    ['PHP', 'php', 'verify-webhook.php'],
  ] as const
).filter(([, program]) => spawnSync(program, ['--version']).status === 0);

describe.each(examples)('the example in %s', (_language, program, file) => {
  const secret = randomBytes(32);
  const body = '{"type":"coupon.redeemed","data":{"name":"señal 🎟️"}}';
  const id = `event-${randomUUID()}`;
  const now = Math.floor(Date.now() / 1000);

  function run(text: string, { sentAt = now, with: key = secret, secrets = [secret], input = body } = {}) {
    const headers = signatureHeaders({ id, body: text, sentAt }, secrets);
    const { status, stdout } = spawnSync(
      program,
      [
        join(folder, file),
        formatSecret(key),
        id,
        headers['webhook-timestamp']!,
        headers['webhook-signature']!,
      ],
      { input, encoding: 'utf8' },
    );
    return [status, stdout.trim()];
  }

  test('accepts what was signed, also while the secret is being changed', () => {
    expect(run(body)).toEqual([0, 'authentic']);
    expect(run(body, { secrets: [randomBytes(32), secret] })).toEqual([0, 'authentic']);
  });

  test('refuses another body, another secret and an old message', () => {
    expect(run(body, { input: `${body} ` })).toEqual([1, 'not authentic']);
    expect(run(body, { with: randomBytes(32) })).toEqual([1, 'not authentic']);
    expect(run(body, { sentAt: now - 3600 })).toEqual([1, 'not authentic']);
  });
});
