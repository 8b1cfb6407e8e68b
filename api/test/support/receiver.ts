import { onTestFinished } from 'vitest';
import { openReceiver, type Receiver } from './open-receiver.ts';

export type { Behaviour, Receiver } from './open-receiver.ts';

/** Somebody's server for webhooks, which ends with the test. */
export async function startReceiver(...options: Parameters<typeof openReceiver>): Promise<Receiver> {
  const receiver = await openReceiver(...options);
  onTestFinished(() => receiver.close());
  return receiver;
}
