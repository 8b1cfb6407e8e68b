import { fileURLToPath } from 'node:url';
import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import type * as ec2 from 'aws-cdk-lib/aws-ec2';
import { DockerImageAsset, Platform } from 'aws-cdk-lib/aws-ecr-assets';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as iam from 'aws-cdk-lib/aws-iam';
import * as logs from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { DatabaseAccess } from './database.ts';
import { acknowledge } from './findings.ts';
import { NETWORK } from './network.ts';
import type { Settings } from './settings.ts';

export const PORT = 8000;
const COLLECTOR = 'public.ecr.aws/aws-observability/aws-otel-collector:v0.46.0';
/** Longer than the service takes to stop: see DRAIN_SECONDS. */
const STOP_SECONDS = 60;

/** For whoever works in the background: alarms are made of it. */
export const LOG_METRICS = { LOG_METRICS_SECONDS: '60' };

/** What every task of an installation has in common. */
export interface Installation {
  cluster: ecs.Cluster;
  image: ecs.ContainerImage;
  imageHash: string;
  database: DatabaseAccess;
  environment: Record<string, string>;
}

export function createInstallation(
  scope: Construct,
  vpc: ec2.Vpc,
  database: DatabaseAccess,
  { domainName, image: base }: Pick<Settings, 'domainName' | 'image'>,
): Installation {
  const image = new DockerImageAsset(scope, 'Image', {
    directory: fileURLToPath(new URL('../image', import.meta.url)),
    buildArgs: { BASE: base },
    platform: Platform.LINUX_ARM64,
  });
  return {
    cluster: new ecs.Cluster(scope, 'Cluster', { vpc, containerInsightsV2: ecs.ContainerInsights.ENHANCED }),
    image: ecs.ContainerImage.fromDockerImageAsset(image),
    imageHash: image.assetHash,
    database,
    environment: {
      NODE_ENV: 'production',
      HOST: '0.0.0.0',
      PORT: String(PORT),
      PUBLIC_URL: `https://${domainName}`,
      TRUSTED_PROXIES: NETWORK,
      DATABASE_URL: database.url,
      DATABASE_SECRET_ARN: database.secret.secretArn,
      DRAIN_SECONDS: '20',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://localhost:4318',
    },
  };
}

export interface TaskOptions {
  /** What Node runs, of the artifact's files. */
  program: string;
  environment?: Record<string, string>;
  secrets?: Record<string, ecs.Secret>;
  cpu: number;
  memoryLimitMiB: number;
  isServer: boolean;
}

/** A task that may read its database's secret and send traces, and nothing else. Its file system is read-only. */
export function createTask(
  scope: Construct,
  name: string,
  { image, database, environment }: Installation,
  options: TaskOptions,
): { task: ecs.FargateTaskDefinition; log: logs.LogGroup } {
  const task = new ecs.FargateTaskDefinition(scope, `${name}Task`, {
    cpu: options.cpu,
    memoryLimitMiB: options.memoryLimitMiB,
    runtimePlatform: { cpuArchitecture: ecs.CpuArchitecture.ARM64 },
  });
  const log = new logs.LogGroup(scope, `${name}Log`, {
    retention: logs.RetentionDays.THREE_MONTHS,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const logging = (streamPrefix: string) => ecs.LogDrivers.awsLogs({ logGroup: log, streamPrefix });
  task.addContainer('app', {
    image,
    // What Node runs: Node itself is the entry point of the image.
    command: [`${options.program}.js`],
    environment: {
      ...environment,
      OTEL_SERVICE_NAME: `coupon-book-${name.toLowerCase()}`,
      ...options.environment,
    },
    secrets: options.secrets,
    readonlyRootFilesystem: true,
    stopTimeout: Duration.seconds(STOP_SECONDS),
    logging: logging('app'),
    portMappings: options.isServer ? [{ containerPort: PORT }] : [],
    healthCheck: options.isServer
      ? {
          command: [
            'CMD',
            'node',
            '-e',
            `fetch('http://127.0.0.1:${PORT}/health/live').then(r=>process.exit(r.ok?0:1))`,
          ],
          interval: Duration.seconds(15),
          startPeriod: Duration.seconds(30),
        }
      : undefined,
  });
  if (options.isServer) {
    task.addContainer('traces', {
      image: ecs.ContainerImage.fromRegistry(COLLECTOR),
      command: ['--config=/etc/ecs/ecs-xray.yaml'],
      essential: false,
      readonlyRootFilesystem: true,
      logging: logging('traces'),
    });
    task.addToTaskRolePolicy(
      new iam.PolicyStatement({
        actions: [
          'xray:PutTraceSegments',
          'xray:PutTelemetryRecords',
          'xray:GetSamplingRules',
          'xray:GetSamplingTargets',
        ],
        resources: ['*'],
      }),
    );
    acknowledge(task.taskRole, { 'IAM5[Resource::*]': 'X-Ray has no resources to name.' });
  }
  database.secret.grantRead(task.taskRole);
  acknowledge(task, { ECS2: 'What is plain here is no secret: the password is read from Secrets Manager.' });
  acknowledge(task.obtainExecutionRole(), {
    'IAM5[Resource::*]': 'ecr:GetAuthorizationToken has no resource to name.',
  });
  return { task, log };
}

export interface ServiceOptions extends Omit<TaskOptions, 'isServer'> {
  min: number;
  max: number;
}

export interface Service {
  service: ecs.FargateService;
  log: logs.LogGroup;
}

/** Keeps tasks running in both zones, and adds some when they are busy. A version that does not get ready is rolled back. */
export function createService(
  scope: Construct,
  name: string,
  installation: Installation,
  { min, max, ...options }: ServiceOptions,
): Service {
  const { task, log } = createTask(scope, name, installation, { ...options, isServer: true });
  const service = new ecs.FargateService(scope, name, {
    cluster: installation.cluster,
    taskDefinition: task,
    desiredCount: min,
    minHealthyPercent: 100,
    maxHealthyPercent: 200,
    circuitBreaker: { rollback: true },
    assignPublicIp: false,
    enableExecuteCommand: false,
    propagateTags: ecs.PropagatedTagSource.SERVICE,
  });
  const scaling = service.autoScaleTaskCount({ minCapacity: min, maxCapacity: max });
  scaling.scaleOnCpuUtilization('Cpu', {
    targetUtilizationPercent: 60,
    scaleInCooldown: Duration.minutes(5),
  });
  service.connections.allowTo(installation.database.connections, installation.database.port);
  return { service, log };
}
