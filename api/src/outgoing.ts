import Type from 'typebox';

/** The environment variables of what leaves: see docs/events-out.md. */
export const outgoing = {
  WEBHOOK_ALLOW_PRIVATE: Type.Optional(
    Type.String({
      description:
        'private networks that webhooks may be sent to, such as 10.1.0.0/16, separated by commas; unset: none',
    }),
  ),
  SQS_QUEUE_URL: Type.Optional(
    Type.String({
      pattern: '^https?://',
      description:
        'the queue of Amazon SQS to send events to; region and credentials come from the AWS SDK’s own variables',
    }),
  ),
  EVENT_BUS_NAME: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 256,
      description: 'the name or ARN of the bus of Amazon EventBridge to send events to',
    }),
  ),
};
