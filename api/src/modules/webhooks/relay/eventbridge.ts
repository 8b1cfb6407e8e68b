import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import { sendInBatches } from './batches.ts';
import { writeEnvelope } from './envelope.ts';
import { groupOf, type Message } from './message.ts';
import type { Sink } from './sink.ts';

export interface EventBridgeOptions {
  busName: string;
  source: string;
  onSent: (count: number) => void;
}

/** By which rules of a bus know our events. */
export const EVENT_SOURCE = 'coupon-book';

/** A bus of EventBridge, which promises no order. */
export function createEventBridge({ busName, source, onSent }: EventBridgeOptions): Sink {
  let opened:
    Promise<{ client: EventBridgeClient; sdk: typeof import('@aws-sdk/client-eventbridge') }> | undefined;

  const open = () =>
    (opened ??= import('@aws-sdk/client-eventbridge').then((sdk) => ({
      client: new sdk.EventBridgeClient({}),
      sdk,
    })));

  async function send(batch: readonly Message[], signal: AbortSignal) {
    const { client, sdk } = await open();
    const { Entries = [] } = await client.send(
      new sdk.PutEventsCommand({
        Entries: batch.map((message) => ({
          EventBusName: busName,
          Source: EVENT_SOURCE,
          DetailType: message.type,
          Time: message.occurredAt,
          Resources: [groupOf(message)],
          Detail: writeEnvelope(message, { source, includeCodes: false }),
        })),
      }),
      { abortSignal: signal },
    );
    // Entries come back in the order in which they were sent; one without an id did not arrive.
    const refused = batch.flatMap((_, index) => {
      const { EventId, ErrorCode = 'no-answer' } = Entries[index] ?? {};
      return EventId ? [] : [{ index, reason: ErrorCode }];
    });
    onSent(batch.length - refused.length);
    return refused;
  }

  return {
    name: 'eventbridge',
    async handOn({ messages, signal, save }) {
      await sendInBatches(messages, send, signal);
      await save();
    },
  };
}
