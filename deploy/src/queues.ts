import { Duration } from 'aws-cdk-lib';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import * as events from 'aws-cdk-lib/aws-events';
import * as targets from 'aws-cdk-lib/aws-events-targets';
import type * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sqs from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import { acknowledge } from './findings.ts';
import type { Observation } from './observation.ts';

const RETENTION = Duration.days(14);

/**
 * Where what happens to coupons goes: a FIFO queue, in order for each coupon, and a bus, from which other systems take what they want.
 * What nobody could work on ends in a queue of its own, and an alarm says so.
 * @param sender of whatever hands events on
 * @returns the variables that tell it
 */
export function createQueues(
  scope: Construct,
  key: kms.IKey,
  observation: Observation,
  sender: iam.IRole,
): Record<string, string> {
  const queue = (id: string, props: sqs.QueueProps) =>
    new sqs.Queue(scope, id, {
      ...props,
      encryption: sqs.QueueEncryption.KMS,
      encryptionMasterKey: key,
      enforceSSL: true,
      retentionPeriod: RETENTION,
    });
  const deadInOrder = queue('EventsDead', { fifo: true });
  const inOrder = queue('Events', {
    fifo: true,
    fifoThroughputLimit: sqs.FifoThroughputLimit.PER_MESSAGE_GROUP_ID,
    deduplicationScope: sqs.DeduplicationScope.MESSAGE_GROUP,
    visibilityTimeout: Duration.minutes(1),
    deadLetterQueue: { queue: deadInOrder, maxReceiveCount: 5 },
  });
  const dead = queue('BusDead', {});
  const subscriber = queue('BusSubscriber', {
    visibilityTimeout: Duration.minutes(1),
    deadLetterQueue: { queue: dead, maxReceiveCount: 5 },
  });
  const bus = new events.EventBus(scope, 'Bus', { kmsKey: key });
  new events.Rule(scope, 'AllEvents', {
    eventBus: bus,
    description: 'An example of a subscriber: change the pattern, or add rules beside it',
    eventPattern: { source: events.Match.prefix('coupon-book') },
    targets: [new targets.SqsQueue(subscriber, { deadLetterQueue: dead })],
  });
  inOrder.grantSendMessages(sender);
  bus.grantPutEventsTo(sender);
  for (const action of ['GenerateDataKey*', 'ReEncrypt*'])
    acknowledge(sender, {
      [`IAM5[Action::kms:${action}]`]: 'The one key of this installation, for what is sent to its queue.',
    });
  for (const [name, letters] of [
    ['Events', deadInOrder],
    ['Bus', dead],
  ] as const) {
    observation.alarm({
      name: 'DeadLetters',
      what: name,
      metric: letters.metricApproximateNumberOfMessagesVisible(),
      threshold: 0,
      of: [1, 1],
      means: 'Events lie in the dead-letter queue: whoever takes them could not work on them.',
    });
  }
  return { SQS_QUEUE_URL: inOrder.queueUrl, EVENT_BUS_NAME: bus.eventBusName };
}

export function tellOfQueues(
  { taskDefinition }: ecs.FargateService,
  variables: Record<string, string>,
): void {
  for (const [name, value] of Object.entries(variables))
    taskDefinition.defaultContainer!.addEnvironment(name, value);
}
