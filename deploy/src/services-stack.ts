import { Stack, type StackProps } from 'aws-cdk-lib';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { services } from '../../api/src/services.ts';
import { conditionsOf, createTargets } from './balancer.ts';
import { createBase } from './balanced-base.ts';
import { createService } from './containers.ts';
import { prepareByTask } from './prepare.ts';
import { createQueues } from './queues.ts';
import { watchService } from './watch.ts';

/** The services of services.ts, each with tasks of its own, and a worker. What no service has (documentation) is everybody's. */
export class ServicesStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const { vpc, installation, front, observation, adminEmail } = createBase(this);
    const size = { cpu: 512, memoryLimitMiB: 1024, min: 2, max: 8 };
    let priority = 0;
    const created = Object.entries(services).map(([name, { modules, rules }]) => {
      const service = createService(this, name, installation, {
        ...size,
        program: 'service',
        environment: { MODULES: modules.join(','), JOB_CONCURRENCY: '0', SWEEP_SECONDS: '0' },
      });
      const targets = createTargets(this, name, vpc, service);
      for (const conditions of conditionsOf(rules)) {
        priority += 1;
        front.listener.addAction(`${name}${priority}`, {
          priority,
          conditions,
          action: elb.ListenerAction.forward([targets]),
        });
      }
      watchService(observation, name, service, targets);
      return service;
    });

    const gateway = createService(this, 'docs', installation, {
      ...size,
      min: 1,
      program: 'monolith',
      environment: { JOB_CONCURRENCY: '0', SWEEP_SECONDS: '0' },
    });
    const targets = createTargets(this, 'docs', vpc, gateway);
    front.listener.addAction('docs', {
      priority: priority + 1,
      conditions: [
        elb.ListenerCondition.pathPatterns(['/docs', '/docs/*', '/openapi.json', '/problems/*', '/health/*']),
      ],
      action: elb.ListenerAction.forward([targets]),
    });

    const worker = createService(this, 'worker', installation, { ...size, program: 'worker' });
    const variables = createQueues(
      this,
      installation.database.key,
      observation,
      worker.taskDefinition.taskRole,
    );
    for (const [name, value] of Object.entries(variables))
      worker.taskDefinition.defaultContainer!.addEnvironment(name, value);
    watchService(observation, 'worker', worker);
    prepareByTask(this, vpc, installation, adminEmail, [...created, gateway, worker]);
  }
}
