import type { SQSClient } from '@aws-sdk/client-sqs';
import { inRows, sendInBatches } from './batches.ts';
import { writeEnvelope } from './envelope.ts';
import { groupOf, type Message } from './message.ts';
import type { Sink } from './sink.ts';

export interface SqsOptions {
  queueUrl: string;
  source: string;
  onSent: (count: number) => void;
  /** For tests: the time in which an answer must be there. */
  answerWithinMs?: number;
}

/**
 * A queue of SQS. To a FIFO queue the events of a coupon come in order, and what comes twice within five minutes is dropped there. The
 * SDK finds region and credentials in its own environment; it is loaded when the first message leaves.
 */
export function createSqs({ queueUrl, source, onSent, answerWithinMs }: SqsOptions): Sink {
  const isFifo = queueUrl.endsWith('.fifo');
  let opened: Promise<{ client: SQSClient; sdk: typeof import('@aws-sdk/client-sqs') }> | undefined;

  const open = () =>
    (opened ??= import('@aws-sdk/client-sqs').then((sdk) => ({ client: new sdk.SQSClient({}), sdk })));

  async function send(batch: readonly Message[], signal: AbortSignal) {
    const { client, sdk } = await open();
    const Entries = batch.map((message, index) => ({
      Id: String(index),
      MessageBody: writeEnvelope(message, { source, includeCodes: false }),
      ...(isFifo && { MessageGroupId: groupOf(message), MessageDeduplicationId: message.id }),
    }));
    const { Successful = [], Failed = [] } = await client.send(
      new sdk.SendMessageBatchCommand({ QueueUrl: queueUrl, Entries }),
      { abortSignal: signal },
    );
    // What the answer does not name did not arrive, whoever gave that answer.
    const taken = new Set(Successful.map(({ Id }) => Id));
    const reasons = new Map(Failed.map(({ Id, Code }) => [Id, Code]));
    const refused = Entries.flatMap(({ Id }, index) =>
      taken.has(Id) ? [] : [{ index, reason: reasons.get(Id) ?? 'no-answer' }],
    );
    onSent(batch.length - refused.length);
    return refused;
  }

  return {
    name: 'sqs',
    async handOn({ messages, signal, save }) {
      const rows = isFifo ? inRows(messages, groupOf) : [messages];
      for (const row of rows) await sendInBatches(row, send, signal, answerWithinMs);
      await save();
    },
  };
}
