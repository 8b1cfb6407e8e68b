import { CfnOutput, Duration, RemovalPolicy } from 'aws-cdk-lib';
import * as ec2 from 'aws-cdk-lib/aws-ec2';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as lambda from 'aws-cdk-lib/aws-lambda';
import * as logs from 'aws-cdk-lib/aws-logs';
import * as secretsmanager from 'aws-cdk-lib/aws-secretsmanager';
import { Trigger } from 'aws-cdk-lib/triggers';
import type { Construct } from 'constructs';
import { createTask, type Installation } from './containers.ts';
import type { DatabaseAccess } from './database.ts';
import { acknowledge } from './findings.ts';

/** Runs the task and waits for its end. A deployment whose task fails goes no further, and the version before stays. */
const RUN_AND_WAIT = `
const { ECS } = require('@aws-sdk/client-ecs');
const { setTimeout: wait } = require('node:timers/promises');
const ecs = new ECS({});
exports.handler = async () => {
  const { CLUSTER: cluster, TASK: taskDefinition, SUBNETS, GROUP } = process.env;
  const awsvpcConfiguration = { subnets: SUBNETS.split(','), securityGroups: [GROUP], assignPublicIp: 'DISABLED' };
  const { tasks, failures } = await ecs.runTask({
    cluster, taskDefinition, launchType: 'FARGATE', networkConfiguration: { awsvpcConfiguration },
  });
  if (failures?.length) throw new Error('The task could not be started: ' + JSON.stringify(failures));
  for (;;) {
    await wait(3000);
    const found = await ecs.describeTasks({ cluster, tasks: [tasks[0].taskArn] });
    const { lastStatus, stoppedReason, containers } = found.tasks[0];
    if (lastStatus !== 'STOPPED') continue;
    if (containers[0].exitCode === 0) return;
    throw new Error('The database was not prepared, see the log of the task: ' + stoppedReason);
  }
};`;

/** The first administrator's password: read it once, sign in, change it. */
export function createAdminSecret(scope: Construct, { key }: DatabaseAccess): secretsmanager.Secret {
  const secret = new secretsmanager.Secret(scope, 'AdminPassword', {
    description: 'Coupon Book: initial password of the first administrator',
    encryptionKey: key,
    generateSecretString: { passwordLength: 24, excludePunctuation: true },
    removalPolicy: RemovalPolicy.DESTROY,
  });
  new CfnOutput(scope, 'adminPasswordSecret', { value: secret.secretArn });
  acknowledge(secret, {
    SMG4: 'It is for one sign-in: a person changes the password then, which this secret does not know.',
  });
  return secret;
}

/** Migrations and the first administrator, as a task that ends before the services of the new version begin. */
export function prepareByTask(
  scope: Construct,
  vpc: ec2.Vpc,
  installation: Installation,
  adminEmail: string,
  before: Construct[],
): Trigger {
  const { database, cluster, imageHash } = installation;
  const { task } = createTask(scope, 'Prepare', installation, {
    program: 'prepare',
    cpu: 512,
    memoryLimitMiB: 1024,
    isServer: false,
    environment: { ADMIN_EMAIL: adminEmail },
    secrets: { ADMIN_PASSWORD: ecs.Secret.fromSecretsManager(createAdminSecret(scope, database)) },
  });
  const group = new ec2.SecurityGroup(scope, 'PrepareGroup', {
    vpc,
    description: 'The task that prepares the database',
  });
  group.connections.allowTo(database.connections, database.port);
  const subnets = vpc.selectSubnets({ subnetType: ec2.SubnetType.PRIVATE_WITH_EGRESS });
  const runner = new lambda.Function(scope, 'PrepareRunner', {
    runtime: lambda.Runtime.NODEJS_24_X,
    architecture: lambda.Architecture.ARM_64,
    handler: 'index.handler',
    code: lambda.Code.fromInline(RUN_AND_WAIT),
    timeout: Duration.minutes(14),
    environment: {
      CLUSTER: cluster.clusterArn,
      TASK: task.taskDefinitionArn,
      SUBNETS: subnets.subnetIds.join(','),
      GROUP: group.securityGroupId,
      // A new version is run again.
      IMAGE: imageHash,
    },
    logGroup: new logs.LogGroup(scope, 'PrepareRunnerLog', {
      retention: logs.RetentionDays.THREE_MONTHS,
      removalPolicy: RemovalPolicy.DESTROY,
    }),
  });
  task.grantRun(runner);
  runner.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['ecs:DescribeTasks'],
      resources: ['*'],
      conditions: { ArnEquals: { 'ecs:cluster': cluster.clusterArn } },
    }),
  );
  acknowledge(runner.role!, {
    'IAM5[Resource::*]': 'The task has no name before it is started; the cluster is a condition.',
  });
  acknowledgeBasicRole(runner);
  return new Trigger(scope, 'PrepareNow', {
    handler: runner,
    timeout: Duration.minutes(14),
    executeAfter: database.parts,
    executeBefore: before,
  });
}

export function acknowledgeBasicRole(handler: lambda.Function): void {
  const reason =
    'To write its log, and to have an address in the network: the policies that AWS keeps for that.';
  acknowledge(handler.role!, {
    'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole]': reason,
    'IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole]': reason,
  });
}
