import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import * as actions from 'aws-cdk-lib/aws-cloudwatch-actions';
import * as iam from 'aws-cdk-lib/aws-iam';
import type * as kms from 'aws-cdk-lib/aws-kms';
import * as sns from 'aws-cdk-lib/aws-sns';
import { EmailSubscription } from 'aws-cdk-lib/aws-sns-subscriptions';
import type { Construct } from 'constructs';

interface Alarm {
  /** Heading of its runbook in docs/operations.md, whichever it is of several. */
  name: string;
  /** Which of several: a service, a function, a queue. */
  what?: string;
  metric: cloudwatch.IMetric;
  threshold: number;
  /** Fires below the threshold instead of above it. */
  below?: boolean;
  /** How many of the last periods; 3 of 5 unless told otherwise. */
  of?: [bad: number, looked: number];
  /** Whether silence is a fault. */
  silenceIsBad?: boolean;
  means: string;
}

/** Alarms go to a topic, to which `alarmEmail` is asked to subscribe; all metrics are on one dashboard. */
export class Observation {
  readonly #scope: Construct;
  readonly #topic: sns.Topic;
  readonly #dashboard: cloudwatch.Dashboard;

  constructor(scope: Construct, alarmEmail: string, key: kms.Key) {
    this.#scope = scope;
    this.#topic = new sns.Topic(scope, 'Alarms', { masterKey: key, enforceSSL: true });
    this.#topic.addSubscription(new EmailSubscription(alarmEmail));
    key.addToResourcePolicy(
      new iam.PolicyStatement({
        principals: [
          new iam.ServicePrincipal('cloudwatch.amazonaws.com'),
          new iam.ServicePrincipal('backup.amazonaws.com'),
        ],
        actions: ['kms:Decrypt', 'kms:GenerateDataKey*'],
        resources: ['*'],
      }),
    );
    this.#dashboard = new cloudwatch.Dashboard(scope, 'Dashboard', { defaultInterval: Duration.hours(6) });
  }

  show(title: string, left: cloudwatch.IMetric[], right: cloudwatch.IMetric[] = []): void {
    this.#dashboard.addWidgets(new cloudwatch.GraphWidget({ title, left, right, width: 12 }));
  }

  alarm({
    name,
    what = '',
    metric,
    threshold,
    below,
    of: [bad, looked] = [3, 5],
    silenceIsBad,
    means,
  }: Alarm): void {
    const { LESS_THAN_THRESHOLD, GREATER_THAN_THRESHOLD } = cloudwatch.ComparisonOperator;
    const { BREACHING, NOT_BREACHING } = cloudwatch.TreatMissingData;
    const alarm = new cloudwatch.Alarm(this.#scope, `${what}${name}Alarm`, {
      metric,
      threshold,
      comparisonOperator: below ? LESS_THAN_THRESHOLD : GREATER_THAN_THRESHOLD,
      datapointsToAlarm: bad,
      evaluationPeriods: looked,
      treatMissingData: silenceIsBad ? BREACHING : NOT_BREACHING,
      alarmDescription: `${means} What to do: docs/operations.md, ${name}.`,
    });
    alarm.addAlarmAction(new actions.SnsAction(this.#topic));
    alarm.addOkAction(new actions.SnsAction(this.#topic));
  }
}
