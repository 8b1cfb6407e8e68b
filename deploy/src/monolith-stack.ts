import { Stack, type StackProps } from 'aws-cdk-lib';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { createTargets } from './balancer.ts';
import { createBase } from './balanced-base.ts';
import { createService, LOG_METRICS } from './containers.ts';
import { prepareByTask } from './prepare.ts';
import { createQueues, tellOfQueues } from './queues.ts';
import { watchBackground, watchErrors, watchService } from './watch.ts';

/** Everything in one program: two tasks of it, or more when there is much to do. */
export class MonolithStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const { vpc, installation, front, observation, adminEmail } = createBase(this);
    const { service, log } = createService(this, 'Monolith', installation, {
      program: 'monolith',
      cpu: 1024,
      memoryLimitMiB: 2048,
      min: 2,
      max: 8,
      environment: LOG_METRICS,
    });
    const targets = createTargets(this, 'Monolith', vpc, service);
    front.listener.addAction('All', {
      priority: 1,
      conditions: [elb.ListenerCondition.pathPatterns(['/*'])],
      action: elb.ListenerAction.forward([targets]),
    });
    prepareByTask(this, vpc, installation, adminEmail, [service]);
    tellOfQueues(
      service,
      createQueues(this, installation.database.key, observation, service.taskDefinition.taskRole),
    );
    watchService(observation, 'Monolith', service, targets);
    watchBackground(observation, this, log);
    watchErrors(observation, this, { Monolith: log });
  }
}
