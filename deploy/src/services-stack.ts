import { Stack, type StackProps } from 'aws-cdk-lib';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';
import type { Construct } from 'constructs';
import { services } from '../../api/src/services.ts';
import { conditionsOf, createTargets } from './balancer.ts';
import { createBase } from './balanced-base.ts';
import { createService, LOG_METRICS } from './containers.ts';
import { prepareByTask } from './prepare.ts';
import { createQueues, tellOfQueues } from './queues.ts';
import { watchBackground, watchErrors, watchService } from './watch.ts';

/** The services of services.ts, each with tasks of its own, and a worker. What no service has (documentation) is everybody's. */
export class ServicesStack extends Stack {
  constructor(scope: Construct, id: string, props?: StackProps) {
    super(scope, id, props);
    const { vpc, installation, front, observation, adminEmail } = createBase(this);
    const size = { cpu: 512, memoryLimitMiB: 1024, min: 2, max: 8 };
    let priority = 0;
    const programs = Object.entries(services).map(([name, { modules, rules }]) => {
      const { service, log } = createService(this, name, installation, {
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
      return { name, service, log };
    });

    const docs = createService(this, 'docs', installation, {
      ...size,
      min: 1,
      program: 'monolith',
      environment: { JOB_CONCURRENCY: '0', SWEEP_SECONDS: '0' },
    });
    const targets = createTargets(this, 'docs', vpc, docs.service);
    front.listener.addAction('docs', {
      priority: priority + 1,
      conditions: [
        elb.ListenerCondition.pathPatterns(['/docs', '/docs/*', '/openapi.json', '/problems/*', '/health/*']),
      ],
      action: elb.ListenerAction.forward([targets]),
    });

    const worker = createService(this, 'worker', installation, {
      ...size,
      program: 'worker',
      environment: LOG_METRICS,
    });
    const { taskRole } = worker.service.taskDefinition;
    tellOfQueues(worker.service, createQueues(this, installation.database.key, observation, taskRole));
    watchService(observation, 'worker', worker.service);
    watchBackground(observation, this, worker.log);

    programs.push({ name: 'docs', ...docs }, { name: 'worker', ...worker });
    watchErrors(observation, this, Object.fromEntries(programs.map(({ name, log }) => [name, log])));
    prepareByTask(
      this,
      vpc,
      installation,
      adminEmail,
      programs.map(({ service }) => service),
    );
  }
}
