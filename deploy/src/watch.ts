import { Duration, Stack } from 'aws-cdk-lib';
import type * as gateway from 'aws-cdk-lib/aws-apigatewayv2';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as rds from 'aws-cdk-lib/aws-rds';
import type { Construct } from 'constructs';
import type { Observation } from './observation.ts';

const period = Duration.minutes(1);

/** As observe/rules.yml does, for the service levels of docs/operations.md. */
export function watchBalancer(observation: Observation, balancer: elb.ApplicationLoadBalancer): void {
  const { metrics } = balancer;
  const requests = metrics.requestCount({ period });
  const failures = new cloudwatch.MathExpression({
    expression: '100 * (FILL(target, 0) + FILL(own, 0)) / FILL(requests, 1)',
    usingMetrics: {
      target: metrics.httpCodeTarget(HttpCodeTarget.TARGET_5XX_COUNT, { period }),
      own: metrics.httpCodeElb(HttpCodeElb.ELB_5XX_COUNT, { period }),
      requests,
    },
    label: '% answered 5xx',
    period,
  });
  const slowest = metrics.targetResponseTime({ period, statistic: 'p99' });
  observation.show('Requests and failures', [requests], [failures]);
  observation.show('Time to answer (p50, p99)', [
    metrics.targetResponseTime({ period, statistic: 'p50' }),
    slowest,
  ]);
  observation.alarm({
    name: 'RequestsFail',
    metric: failures,
    threshold: 1,
    of: [5, 5],
    means: 'More than 1 % of requests are answered 5xx.',
  });
  observation.alarm({
    name: 'CommandsSlow',
    metric: slowest,
    threshold: 1,
    of: [10, 10],
    means: '1 % of requests take more than a second.',
  });
}

export function watchService(
  observation: Observation,
  name: string,
  service: ecs.FargateService,
  targets?: elb.ApplicationTargetGroup,
): void {
  const cpu = service.metricCpuUtilization({ period });
  observation.show(`${name}: CPU and memory`, [cpu, service.metricMemoryUtilization({ period })]);
  if (targets) {
    observation.alarm({
      name: 'ServiceDown',
      what: name,
      metric: targets.metrics.healthyHostCount({ period, statistic: 'Minimum' }),
      threshold: 1,
      below: true,
      of: [2, 3],
      silenceIsBad: true,
      means: `No task of ${name} is ready.`,
    });
  }
}

export function watchInstance(observation: Observation, instance: rds.DatabaseInstance): void {
  const cpu = instance.metricCPUUtilization({ period });
  const connections = instance.metricDatabaseConnections({ period });
  const space = instance.metricFreeStorageSpace({ period });
  observation.show('Database: CPU, connections', [cpu], [connections]);
  observation.show('Database: space, waits', [space], [instance.metric('DiskQueueDepth', { period })]);
  observation.alarm({
    name: 'DatabaseBusy',
    metric: cpu,
    threshold: 80,
    of: [10, 15],
    means: 'The database is short of CPU.',
  });
  observation.alarm({
    name: 'DatabaseFull',
    metric: space,
    threshold: 10 * 1024 ** 3,
    below: true,
    means: 'The database has less than 10 GB left.',
  });
}

export function watchCluster(observation: Observation, cluster: rds.DatabaseCluster): void {
  const capacity = cluster.metricServerlessDatabaseCapacity({ period });
  observation.show(
    'Database: capacity units, connections',
    [capacity],
    [cluster.metricDatabaseConnections({ period })],
  );
  observation.alarm({
    name: 'DatabaseBusy',
    metric: cluster.metricACUUtilization({ period }),
    threshold: 90,
    of: [10, 15],
    means: 'The database is near its largest size.',
  });
}

interface LoggedAlarm {
  name: string;
  threshold: number;
  minutes: number;
  below?: boolean;
  means: string;
}

/** Of the metrics that the service logs each minute (api/src/plugins/logged-metrics.ts); the same as in observe/rules.yml. */
const LOGGED: Readonly<Record<string, LoggedAlarm>> = {
  relay_stopped: {
    name: 'RelayStopped',
    threshold: 0,
    minutes: 2,
    means: 'Events are not handed on: a relay waits for an administrator.',
  },
  relay_lag_seconds: {
    name: 'RelayBehind',
    threshold: 300,
    minutes: 5,
    means: 'Events are handed on more than five minutes late.',
  },
  webhook_late_seconds: {
    name: 'WebhookBehind',
    threshold: 900,
    minutes: 5,
    means: 'A webhook is more than a quarter of an hour behind.',
  },
  job_age_seconds: {
    name: 'JobsNotRun',
    threshold: 900,
    minutes: 5,
    means: 'A job has waited for more than a quarter of an hour.',
  },
  coupons_locked: {
    name: 'LocksNotSwept',
    threshold: 0,
    minutes: 15,
    means: 'Nobody notes locks that ran out.',
  },
  database_oldest_transaction_seconds: {
    name: 'TransactionForgotten',
    threshold: 900,
    minutes: 5,
    means: 'A transaction has been open for more than a quarter of an hour.',
  },
  book_stock_ratio: {
    name: 'StockLow',
    threshold: 0.1,
    minutes: 5,
    below: true,
    means: 'A book has less than a tenth of its coupons left.',
  },
};

/** What whoever works in the background says of the product each minute: see LOG_METRICS_SECONDS. */
export function watchBackground(observation: Observation, scope: Construct, log: logs.LogGroup): void {
  const metrics = new Map<string, cloudwatch.Metric>();
  for (const [name, { minutes, ...alarm }] of Object.entries(LOGGED)) {
    const field = `$.metrics.${name}`;
    const metric = filter(scope, log, name, field, logs.FilterPattern.exists(field));
    observation.alarm({ ...alarm, metric, of: [minutes, minutes] });
    metrics.set(name, metric);
  }
  observation.alarm({
    name: 'BackgroundSilent',
    metric: metrics.get('coupons_locked')!.with({ statistic: 'SampleCount' }),
    threshold: 1,
    below: true,
    of: [5, 5],
    silenceIsBad: true,
    means:
      'Nothing runs in the background: events do not leave, jobs wait, locks that ran out are not noted.',
  });
  for (const [title, names] of [
    ['Events out: behind by (s)', ['relay_lag_seconds', 'webhook_late_seconds', 'relay_stopped']],
    ['Jobs: longest wait (s); locks not noted', ['job_age_seconds', 'coupons_locked']],
    ['Books: smallest share left', ['book_stock_ratio']],
    ['Oldest transaction (s)', ['database_oldest_transaction_seconds']],
  ] as const)
    observation.show(
      title,
      names.map((name) => metrics.get(name)!),
    );
}

/** Errors that the service logs, in any of its programs. */
export function watchErrors(
  observation: Observation,
  scope: Construct,
  groups: Record<string, logs.LogGroup>,
): void {
  const errors = Object.entries(groups).map(([what, log]) =>
    filter(scope, log, `${what}Errors`, '1', logs.FilterPattern.numberValue('$.level', '>=', 50)).with({
      statistic: 'Sum',
    }),
  );
  observation.show('Errors in the log', errors);
  Object.keys(groups).forEach((what, index) =>
    observation.alarm({
      name: 'InternalErrors',
      what,
      metric: errors[index]!,
      threshold: 0,
      of: [1, 1],
      means: `${what} logged an error that it does not know how to handle.`,
    }),
  );
}

/** A metric that is made of log lines. */
function filter(
  scope: Construct,
  logGroup: logs.LogGroup,
  metricName: string,
  metricValue: string,
  filterPattern: logs.IFilterPattern,
): cloudwatch.Metric {
  return new logs.MetricFilter(scope, `${metricName}Metric`, {
    logGroup,
    filterPattern,
    // Installations of one account do not mix.
    metricNamespace: `CouponBook/${Stack.of(scope).stackName}`,
    metricName,
    metricValue,
  }).metric({ period, statistic: 'Maximum' });
}

export function watchFunctions(
  observation: Observation,
  api: gateway.HttpApi,
  handlers: readonly lambda.Function[],
  background: lambda.Function,
): void {
  const requests = api.metricCount({ period, statistic: 'Sum' });
  const failures = new cloudwatch.MathExpression({
    expression: '100 * FILL(failed, 0) / FILL(requests, 1)',
    usingMetrics: { failed: api.metricServerError({ period, statistic: 'Sum' }), requests },
    label: '% answered 5xx',
    period,
  });
  const slowest = api.metricLatency({ period, statistic: 'p99' });
  observation.show('Requests and failures', [requests], [failures]);
  observation.show('Time to answer (p50, p99)', [api.metricLatency({ period, statistic: 'p50' }), slowest]);
  observation.show(
    'Functions: calls at a time',
    handlers.map((handler) => handler.metric('ConcurrentExecutions', { period, statistic: 'Maximum' })),
  );
  observation.alarm({
    name: 'RequestsFail',
    metric: failures,
    threshold: 1,
    of: [5, 5],
    means: 'More than 1 % of requests are answered 5xx.',
  });
  observation.alarm({
    name: 'CommandsSlow',
    metric: slowest,
    threshold: 1_000,
    of: [10, 10],
    means: '1 % of requests take more than a second.',
  });
  for (const handler of [...handlers, background]) {
    observation.alarm({
      name: 'FunctionThrottled',
      what: handler.node.id,
      metric: handler.metricThrottles({ period }),
      threshold: 0,
      means: `The account has no more concurrency for the function ${handler.node.id}.`,
    });
  }
  observation.alarm({
    name: 'BackgroundFails',
    metric: background.metricErrors({ period: Duration.minutes(5) }),
    threshold: 0,
    of: [2, 3],
    means: 'The function that works in the background ends with an error.',
  });
}
