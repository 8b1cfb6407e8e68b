import { Duration } from 'aws-cdk-lib';
import * as cloudwatch from 'aws-cdk-lib/aws-cloudwatch';
import type * as ecs from 'aws-cdk-lib/aws-ecs';
import type * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import { HttpCodeElb, HttpCodeTarget } from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type * as rds from 'aws-cdk-lib/aws-rds';
import type { Observation } from './observation.ts';

const period = Duration.minutes(1);

/** 99.9 % of requests are answered, half of them in 50 ms and 99 % in 1 s: what the service promises (docs/operations.md). */
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
    name: 'Failures',
    metric: failures,
    threshold: 0.1,
    means: 'More than 0.1 % of requests are answered 5xx.',
  });
  observation.alarm({
    name: 'Slow',
    metric: slowest,
    threshold: 1,
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
      name: `${name}Unhealthy`,
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
